{{/* The five services, and what each works with. The rest of the chart asks here. */}}
{{- define "parley.services" -}}
registration-api:
  engines: [mysql, kafka, redis]
  credentials: [codePepper]
  isPublic: true
email-worker:
  engines: [mysql, kafka]
  credentials: [codeKey, codePepper]
  isPublic: false
message-service:
  engines: [mysql, cassandra, redis]
  credentials: []
  isPublic: true
chat-service:
  engines: [mysql, cassandra, redis]
  credentials: []
  isPublic: true
rtc-service:
  engines: [mysql, redis]
  credentials: {{ include "parley.ring" . | empty | ternary "[turnSecret]" "[]" }}
  isPublic: true
{{- end -}}

{{/* The services that work with an engine, with blanks between them: (list root engine). */}}
{{- define "parley.users" -}}
{{- $users := list -}}
{{- $engine := last . -}}
{{- range $service, $facts := include "parley.services" (first .) | fromYaml }}
{{- if has $engine $facts.engines }}{{ $users = append $users $service }}{{ end }}
{{- end -}}
{{ join " " $users }}
{{- end -}}

{{/* The file of a secret in a pod. */}}
{{- define "parley.secret.file" -}}/etc/parley/secrets/{{ . }}{{- end -}}

{{/* One source of a projected volume: (dict "at" {secret, key} "path" file). */}}
{{- define "parley.projection" -}}
- secret:
    name: {{ .at.secret }}
    items:
      - {key: {{ .at.key | quote }}, path: {{ .path }}}
{{- end -}}

{{/* What a service is told: (list root service), YAML of variables, the user's own on top. */}}
{{- define "parley.environment" -}}
{{- $root := first . -}}{{- $service := last . -}}
{{- $facts := get (include "parley.services" $root | fromYaml) $service -}}
{{- $own := include (printf "parley.environment.%s" $service) $root | fromYaml -}}
{{- range $facts.engines }}
{{- $engine := include "parley.engine" (list $root .) | fromYaml }}
{{- $_ := set $own $engine.variable $engine.url }}
{{- if $engine.password }}{{ $_ := set $own (printf "%s_PASSWORD_FILE" $engine.variable) (include "parley.secret.file" (printf "%s-password" .)) }}{{ end }}
{{- end }}
{{- range $facts.credentials }}
{{- $variable := get (dict "codeKey" "CODE_KEY_FILE" "codePepper" "CODE_PEPPER_FILE" "turnSecret" "TURN_SHARED_SECRET_FILE") . }}
{{- $_ := set $own $variable (include "parley.secret.file" (include "parley.entry" .)) }}
{{- end }}
{{- $extra := (index $root.Values.services $service).extraEnv -}}
{{- range $name, $value := merge (dict) $extra $own (include "parley.environment.common" $root | fromYaml) }}
{{ $name }}: {{ $value | toString | quote }}
{{- end }}
{{- end -}}

{{- define "parley.environment.common" -}}
PARLEY_HOST: 0.0.0.0
PARLEY_PORT: "8080"
METRICS_PORT: "9090"
LOG_FORMAT: json
LOG_LEVEL: {{ .Values.settings.logLevel }}
OTEL_EXPORTER_OTLP_ENDPOINT: {{ .Values.settings.otlpEndpoint | quote }}
CHAT_WEB_ORIGIN: https://{{ .Values.hosts.chat }}
CORS_ALLOWED_ORIGINS: ""
PARLEY_COOKIE_DOMAIN: {{ include "parley.domain" . }}
{{- end -}}

{{/* The domain that the hosts have in common, whose cookie they share. */}}
{{- define "parley.domain" -}}{{ regexReplaceAll "^[^.]+[.]" .Values.hosts.chat "" }}{{- end -}}

{{- define "parley.environment.registration-api" -}}
CHAT_RTC_BASE_URL: https://{{ .Values.hosts.webrtc }}
TRUSTED_PROXIES: {{ join "," .Values.trustedProxies | quote }}
OTP_EVERYONE_PER_MINUTE: {{ .Values.settings.codesPerMinute | quote }}
{{- if include "parley.mail.webhook" . }}
MAILGUN_WEBHOOK_SIGNING_KEY_FILE: {{ include "parley.secret.file" "mail-webhook" }}
{{- end }}
{{- end -}}

{{- define "parley.environment.email-worker" -}}
{{ include "parley.mail.environment" . }}
{{- end -}}

{{- define "parley.environment.message-service" -}}
PARLEY_LOBBY: {{ ternary "on" "off" .Values.settings.lobby | quote }}
{{- end -}}

{{- define "parley.environment.chat-service" -}}
PARLEY_LOBBY: {{ ternary "on" "off" .Values.settings.lobby | quote }}
CALL_RING_SECONDS: {{ .Values.settings.callRingSeconds | quote }}
DRAIN_SECONDS: {{ index .Values.services "chat-service" "drainSeconds" | quote }}
{{- end -}}

{{- define "parley.environment.rtc-service" -}}
PARLEY_LOBBY: {{ ternary "on" "off" .Values.settings.lobby | quote }}
SESSION_TTL_SECONDS: {{ .Values.settings.sessionTTLSeconds | quote }}
TURN_CREDENTIAL_TTL: {{ .Values.settings.turnCredentialTTL | quote }}
{{- if include "parley.ring" . }}
TURN_SECRET_RING_FILE: {{ include "parley.ring.file" . }}
{{- end }}
TURN_SERVER_URLS: {{ include "parley.turn.urls" . | quote }}
{{- end -}}

{{/* The files with secrets of a service: (list root service), sources of a projected volume. */}}
{{- define "parley.secrets.sources" -}}
{{- $root := first . -}}{{- $service := last . -}}
{{- $facts := get (include "parley.services" $root | fromYaml) $service -}}
{{- range $facts.engines }}
{{- $engine := include "parley.engine" (list $root .) | fromYaml }}
{{- with $engine.password }}
{{ include "parley.projection" (dict "at" . "path" (printf "%s-password" $engine.name)) }}
{{- end }}
{{- end }}
{{- range $facts.credentials }}
{{ include "parley.projection" (dict "at" (include "parley.credential" (list $root .) | fromYaml) "path" (include "parley.entry" .)) }}
{{- end }}
{{- if eq $service "email-worker" }}
{{- with include "parley.mail.password" $root | fromYaml }}
{{ include "parley.projection" (dict "at" . "path" "mail-password") }}
{{- end }}
{{- end }}
{{- if eq $service "registration-api" }}
{{- with include "parley.mail.webhook" $root | fromYaml }}
{{ include "parley.projection" (dict "at" . "path" "mail-webhook") }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The authorities of its engines' certificates, likewise. */}}
{{- define "parley.ca.sources" -}}
{{- $root := first . -}}
{{- range (get (include "parley.services" $root | fromYaml) (last .)).engines }}
{{- $engine := include "parley.engine" (list $root .) | fromYaml }}
{{- with $engine.ca }}
{{ include "parley.projection" (dict "at" . "path" (printf "%s.crt" $engine.name)) }}
{{- end }}
{{- end }}
{{- end -}}
