{{/*
The one table of routes, from which Ingress and HTTPRoutes are made. No path is rewritten. The longest path wins.
*/}}
{{- define "parley.routes" -}}
routes:
  - {name: chat, host: {{ .Values.hosts.chat }}, path: /ws, service: chat-service, websocket: true}
  - {name: chat, host: {{ .Values.hosts.chat }}, path: /api, service: message-service, websocket: false}
  - {name: chat, host: {{ .Values.hosts.chat }}, path: /, service: registration-api, websocket: false}
  - {name: webrtc, host: {{ .Values.hosts.webrtc }}, path: /, service: rtc-service, websocket: false}
  - {name: turn, host: {{ .Values.hosts.turn }}, path: /, service: rtc-service, websocket: false}
{{- end -}}

{{/* One HTTPRoute: (list root name). */}}
{{- define "parley.httproute" -}}
{{- $root := first . -}}{{- $name := last . -}}
{{- if $root.Values.gateway.enabled -}}
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  {{- include "parley.metadata" (list $root "entry" $name) | nindent 2 }}
  {{- with $root.Values.gateway.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  parentRefs:
    {{- toYaml $root.Values.gateway.parentRefs | nindent 4 }}
  hostnames: [{{ index $root.Values.hosts $name }}]
  rules:
    {{- range (include "parley.routes" $root | fromYaml).routes }}
    {{- if eq .name $name }}
    - matches:
        - path: {type: PathPrefix, value: {{ .path }}}
      # A WebSocket lasts for days, and clients without one wait for up to half a minute; heartbeats find what is dead.
      timeouts: {request: {{ ternary "0s" "60s" .websocket }}}
      backendRefs:
        - {name: {{ include "parley.name" (list $root .service) }}, port: 80}
    {{- end }}
    {{- end }}
{{- end -}}
{{- end -}}
