{{/*
Who talks to whom. Everything is denied (network/default-deny.yaml), and each component has a policy with its edges by
name. An engine inside the cluster is reached by its component's label, one outside by the networks that are given.
*/}}

{{/* The peers of an engine: (list root engine), items of `to`. */}}
{{- define "parley.network.engine" -}}
{{- $root := first . -}}
{{- if eq (index $root.Values (last .)).mode "bundled" }}
- {{ include "parley.network.pods" . | nindent 2 | trim }}
{{- else }}
{{- range $root.Values.networkPolicy.externalCIDRs }}
- ipBlock: {cidr: {{ . | quote }}}
{{- end }}
{{- end }}
{{- end -}}

{{/* The pods of a component of this release: (list root component). */}}
{{- define "parley.network.pods" -}}
podSelector:
  matchLabels:
    {{- include "parley.selector" . | nindent 4 }}
{{- end -}}

{{/* The ports of an engine: (list root engine), numbers with blanks between them. */}}
{{- define "parley.network.ports" -}}
{{- $root := first . -}}{{- $engine := last . -}}
{{- $values := index $root.Values $engine -}}
{{- $default := get (dict "mysql" 3306 "redis" 6379 "kafka" 9092 "cassandra" 9042) $engine -}}
{{- $ports := list -}}
{{- if eq $values.mode "bundled" }}{{ $ports = list $default }}
{{- else if eq $engine "mysql" }}{{ $ports = list (int $values.external.port) }}
{{- else }}
{{- if and (eq $engine "redis") (ne $values.external.kind "server") }}{{ $ports = list $default }}{{ end }}
{{- if and (eq $engine "redis") (eq $values.external.kind "sentinel") }}{{ $default = 26379 }}{{ end }}
{{- range $values.external.hosts }}{{ $ports = append $ports (regexFind "[0-9]+$" (regexFind ":[0-9]+$" .) | default $default | int) }}{{ end }}
{{- end -}}
{{ $ports | uniq | join " " }}
{{- end -}}

{{/* The way to DNS, which everybody needs. */}}
{{- define "parley.network.dns" -}}
- ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end -}}

{{/* The way to the API server, whose address nobody can name here: its Service's port and the one behind it. */}}
{{- define "parley.network.apiserver" -}}
- ports:
    - {port: 443, protocol: TCP}
    - {port: 6443, protocol: TCP}
{{- end -}}

{{/* Who may ask for numbers, items of `from`: nobody if nobody is named. */}}
{{- define "parley.network.metrics" -}}
{{- with .Values.networkPolicy.metricsFrom }}
- from:
    {{- toYaml . | nindent 4 }}
  ports:
    - {port: 9090, protocol: TCP}
{{- end }}
{{- end -}}

{{/* The way to whoever delivers mails, one rule. A mail service is anywhere on the internet. */}}
{{- define "parley.network.mail" -}}
- ports:
    - {port: {{ include "parley.mail.port" . }}, protocol: TCP}
  {{- if eq .Values.mail.mode "bundled" }}
  to:
    - {{ include "parley.network.pods" (list . "mail") | nindent 6 | trim }}
  {{- end }}
{{- end -}}

{{/* The port of a collector of traces. */}}
{{- define "parley.network.collector" -}}
{{- with .Values.settings.otlpEndpoint }}
{{- $url := urlParse . }}
- ports:
    - {port: {{ regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (ternary 443 80 (eq $url.scheme "https")) }}, protocol: TCP}
{{- end }}
{{- end -}}

{{/* The policy of a service: (list root service). */}}
{{- define "parley.service.networkpolicy" -}}
{{- $root := first . -}}{{- $service := last . -}}
{{- $facts := get (include "parley.services" $root | fromYaml) $service -}}
{{- if $root.Values.networkPolicy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "parley.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "parley.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    # The test asks each service whether it is ready, to say which one is not.
    - from:
        - {{ include "parley.network.pods" (list $root "call-check") | nindent 10 | trim }}
      ports:
        - {port: 8080, protocol: TCP}
    {{- if $facts.isPublic }}
    - {{- with $root.Values.networkPolicy.ingressFrom }}
      from:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - {port: 8080, protocol: TCP}
    {{- end }}
    {{- include "parley.network.metrics" $root | nindent 4 }}
  egress:
    {{- include "parley.network.dns" . | nindent 4 }}
    {{- range $facts.engines }}
    - to:
        {{- include "parley.network.engine" (list $root .) | trim | nindent 8 }}
      ports:
        {{- range include "parley.network.ports" (list $root .) | splitList " " }}
        - {port: {{ . }}, protocol: TCP}
        {{- end }}
    {{- end }}
    {{- if eq $service "email-worker" }}
    {{- include "parley.network.mail" $root | nindent 4 }}
    {{- end }}
    {{- if eq $service "rtc-service" }}
    # For `parley doctor`, which looks at the relay from here as a client would.
    - ports:
        {{- range include "parley.turn.ports" $root | splitList " " }}
        - {port: {{ . }}, protocol: UDP}
        - {port: {{ . }}, protocol: TCP}
        {{- end }}
    {{- end }}
    {{- if and (eq $service "rtc-service") (include "parley.ring" $root) }}
    # For the agent of the ring.
    {{- include "parley.network.apiserver" . | nindent 4 }}
    {{- end }}
    {{- include "parley.network.collector" $root | nindent 4 }}
{{- end -}}
{{- end -}}

{{/* The policy of a bundled engine: (dict "root" root "engine" name "ports" list "own" list "users" names). */}}
{{- define "parley.stateful.networkpolicy" -}}
{{- if and .root.Values.networkPolicy.enabled (eq (index .root.Values .engine).mode "bundled") -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "parley.metadata" (list .root .engine) | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "parley.selector" (list .root .engine) | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - from:
        {{- range .users }}
        - {{ include "parley.network.pods" (list $.root .) | nindent 10 | trim }}
        {{- end }}
      ports:
        {{- range .ports }}
        - {port: {{ . }}, protocol: TCP}
        {{- end }}
    {{- if .own }}
    - from:
        - {{ include "parley.network.pods" (list .root .engine) | nindent 10 | trim }}
      ports:
        {{- range .own }}
        - {port: {{ . }}, protocol: TCP}
        {{- end }}
    {{- end }}
  egress:{{ if not .own }} []{{ end }}
    {{- if .own }}
    {{- include "parley.network.dns" . | nindent 4 }}
    - to:
        - {{ include "parley.network.pods" (list .root .engine) | nindent 10 | trim }}
      ports:
        {{- range .own }}
        - {port: {{ . }}, protocol: TCP}
        {{- end }}
    {{- end }}
{{- end -}}
{{- end -}}
