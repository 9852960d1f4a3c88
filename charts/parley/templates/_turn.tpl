{{/* The relay as clients meet it: root, URLs with commas between them. */}}
{{- define "parley.turn.urls" -}}
{{- if eq .Values.turn.mode "external" -}}
{{ join "," .Values.turn.external.urls }}
{{- else -}}
{{- $place := printf "%s:%s" .Values.hosts.turn (include "parley.turn.port" .) -}}
turn:{{ $place }}?transport=udp,turn:{{ $place }}?transport=tcp
{{- if .Values.turn.bundled.tls }},turns:{{ .Values.hosts.turn }}:5349?transport=tcp{{ end }}
{{- end -}}
{{- end -}}

{{/* The port that clients are told. */}}
{{- define "parley.turn.port" -}}
{{- with .Values.turn.bundled -}}
{{- $own := ternary .nodePort 3478 (eq .exposure "nodePort") -}}
{{ .publicPort | default $own | int }}
{{- end -}}
{{- end -}}

{{/* The pod of coturn, for its StatefulSet or DaemonSet: root. */}}
{{- define "parley.turn.pod" -}}
{{- $turn := .Values.turn.bundled -}}
{{- $isHost := eq $turn.exposure "hostNetwork" -}}
{{- $hasRing := include "parley.ring" . -}}
metadata:
  labels:
    {{- include "parley.selector" (list . "turn") | nindent 4 }}
  annotations:
    checksum/configuration: {{ toJson (list $turn .Values.credentials.turnSecret) | sha256sum }}
spec:
  {{- include "parley.pod" . | nindent 2 }}
  {{- if $hasRing }}
  serviceAccountName: {{ include "parley.name" (list . "turn") }}
  {{- end }}
  {{- if $isHost }}
  hostNetwork: true
  dnsPolicy: ClusterFirstWithHostNet
  {{- end }}
  securityContext:
    {{- include "parley.pod.security" 65534 | nindent 4 }}
  terminationGracePeriodSeconds: 30
  initContainers:
    - name: configuration
      image: {{ include "parley.image" (list . "rtc-service") }}
      imagePullPolicy: {{ .Values.images.pullPolicy }}
      # The configuration holds the secret where there is no ring, and names the pod's own address, which no template can know.
      command: [/bin/sh, -ec, umask 077; python -m parley turnserver-conf > /etc/coturn/turnserver.conf]
      env:
        - name: POD_IP
          valueFrom: {fieldRef: {fieldPath: status.podIP}}
        - name: HOST_IP
          valueFrom: {fieldRef: {fieldPath: status.hostIP}}
        - name: TURN_RELAY_IP
          value: $(POD_IP)
        {{- if $turn.externalIP }}
        - name: TURN_EXTERNAL_IP
          value: {{ $turn.externalIP }}/$(POD_IP)
        {{- else if eq $turn.exposure "nodePort" }}
        - name: TURN_EXTERNAL_IP
          value: $(HOST_IP)/$(POD_IP)
        {{- end }}
        - name: TURN_MIN_PORT
          value: {{ $turn.relayPorts.first | quote }}
        - name: TURN_MAX_PORT
          value: {{ $turn.relayPorts.last | quote }}
        - name: TURN_USER_QUOTA
          value: {{ $turn.userQuota | quote }}
        - name: TURN_TOTAL_QUOTA
          value: {{ $turn.totalQuota | quote }}
        - name: TURN_DENIED_NETWORKS
          value: {{ join "," $turn.deniedNetworks | quote }}
        {{- if $hasRing }}
        - name: TURN_USERDB
          value: {{ include "parley.ring.database" . }}
        {{- else }}
        - name: TURN_SHARED_SECRET_FILE
          value: {{ include "parley.secret.file" "turn-secret" }}
        {{- end }}
        {{- if $turn.tls }}
        - name: TURN_CERT
          value: /etc/parley/tls/tls.crt
        - name: TURN_PKEY
          value: /etc/parley/tls/tls.key
        {{- end }}
      securityContext:
        {{- include "parley.container.security" . | nindent 8 }}
      resources:
        requests: {cpu: 50m, memory: 64Mi}
        limits: {cpu: "1", memory: 128Mi}
      terminationMessagePolicy: FallbackToLogsOnError
      volumeMounts:
        - {name: configuration, mountPath: /etc/coturn}
        {{- if not $hasRing }}
        - {name: secrets, mountPath: /etc/parley/secrets, readOnly: true}
        {{- end }}
        - {name: tmp, mountPath: /tmp}
        {{- if $turn.tls }}
        - {name: tls, mountPath: /etc/parley/tls, readOnly: true}
        {{- end }}
    {{- if $hasRing }}
    # It makes coturn's tables, and coturn starts when the ring's keys are in them.
    {{- include "parley.ring.agent" (list . "relay") | nindent 4 }}
    {{- else }}
    # coturn makes its tables at the first credential that it checks, and refuses whoever asks at the same moment.
    - name: tables
      image: {{ include "parley.image" (list . "turn") }}
      imagePullPolicy: {{ .Values.images.pullPolicy }}
      command: [turnadmin, --list, --userdb=/var/lib/coturn/turndb]
      securityContext:
        {{- include "parley.turn.security" . | nindent 8 }}
      resources:
        requests: {cpu: 10m, memory: 16Mi}
        limits: {cpu: 500m, memory: 64Mi}
      terminationMessagePolicy: FallbackToLogsOnError
      volumeMounts:
        - {name: data, mountPath: /var/lib/coturn}
        - {name: tmp, mountPath: /tmp}
    {{- end }}
  containers:
    - name: coturn
      image: {{ include "parley.image" (list . "turn") }}
      imagePullPolicy: {{ .Values.images.pullPolicy }}
      # Not by the image's own entry point, which evaluates its arguments in a shell.
      command: [turnserver, -c, /etc/coturn/turnserver.conf, --pidfile=/tmp/turnserver.pid]
      ports:
        - {name: turn-udp, containerPort: 3478, protocol: UDP}
        - {name: turn-tcp, containerPort: 3478, protocol: TCP}
        {{- if $turn.tls }}
        - {name: turns-tcp, containerPort: 5349, protocol: TCP}
        {{- end }}
      securityContext:
        {{- include "parley.turn.security" . | nindent 8 }}
      resources:
        {{- toYaml $turn.resources | nindent 8 }}
      startupProbe:
        tcpSocket: {port: turn-tcp}
        periodSeconds: 2
        failureThreshold: 60
      readinessProbe:
        tcpSocket: {port: turn-tcp}
        periodSeconds: 5
        timeoutSeconds: 5
      livenessProbe:
        tcpSocket: {port: turn-tcp}
        periodSeconds: 15
        timeoutSeconds: 5
        failureThreshold: 4
      terminationMessagePolicy: FallbackToLogsOnError
      volumeMounts:
        - {name: configuration, mountPath: /etc/coturn, readOnly: true}
        - {name: data, mountPath: /var/lib/coturn}
        - {name: tmp, mountPath: /tmp}
        {{- if $turn.tls }}
        - {name: tls, mountPath: /etc/parley/tls, readOnly: true}
        {{- end }}
  {{- with $turn.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $turn.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumes:
    - name: configuration
      emptyDir: {medium: Memory, sizeLimit: 1Mi}
    - name: data
      emptyDir: {medium: Memory, sizeLimit: 16Mi}
    - name: tmp
      emptyDir: {sizeLimit: 16Mi}
    {{- if $hasRing }}
    {{- include "parley.token" . | nindent 4 }}
    {{- else }}
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          {{- include "parley.projection" (dict "at" (include "parley.credential" (list . "turnSecret") | fromYaml) "path" "turn-secret") | nindent 10 }}
    {{- end }}
    {{- if $turn.tls }}
    - name: tls
      secret: {secretName: {{ include "parley.secret.tls" . }}, defaultMode: 0440}
    {{- end }}
{{- end -}}

{{/* coturn's program carries a file capability, and cannot even be started where that is not allowed. */}}
{{- define "parley.turn.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
  add: [NET_BIND_SERVICE]
{{- end -}}

{{/* The ports of the relay, before and behind its Service: root, numbers with blanks between them. */}}
{{- define "parley.turn.ports" -}}
{{- $ports := list -}}
{{- if eq .Values.turn.mode "bundled" -}}
{{- $ports = list 3478 (include "parley.turn.port" . | int) -}}
{{- if .Values.turn.bundled.tls }}{{ $ports = append $ports 5349 }}{{ end -}}
{{- else -}}
{{- range .Values.turn.external.urls -}}
{{- $own := ternary 5349 3478 (hasPrefix "turns:" .) -}}
{{- $ports = append $ports (regexFind "[0-9]+$" (regexFind ":[0-9]+$" (regexReplaceAll "[?].*$" . "")) | default $own | int) -}}
{{- end -}}
{{- end -}}
{{ $ports | uniq | join " " }}
{{- end -}}
