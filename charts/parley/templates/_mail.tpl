{{/* Who delivers mails, for the environment of email-worker: root, YAML of variables. */}}
{{- define "parley.mail.environment" -}}
{{- $external := .Values.mail.external -}}
{{- if eq .Values.mail.mode "bundled" -}}
MAIL_URL: smtp://{{ include "parley.name" (list . "mail") }}:1025?starttls=never
MAIL_FROM: {{ .Values.mail.from | default (printf "Parley <parley@%s>" .Values.hosts.chat) | quote }}
{{- else if eq $external.kind "mailgun" -}}
MAIL_URL: mailgun://{{ $external.mailgun.domain }}?region={{ $external.mailgun.region }}
MAIL_FROM: {{ .Values.mail.from | quote }}
MAILGUN_API_KEY_FILE: {{ include "parley.secret.file" "mail-password" }}
{{- else -}}
{{- with $external.smtp -}}
MAIL_URL: {{ ternary "smtps" "smtp" (eq .tls "implicit") }}://{{ with .user }}{{ urlquery . }}@{{ end }}{{ .host }}:{{ .port }}
{{- get (dict "starttls" "?starttls=required" "never" "?starttls=never") .tls }}
{{- end }}
MAIL_FROM: {{ .Values.mail.from | quote }}
{{- if $external.existingSecret }}
MAIL_URL_PASSWORD_FILE: {{ include "parley.secret.file" "mail-password" }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* The key or password for it: root, YAML with `secret` and `key`, empty without one. */}}
{{- define "parley.mail.password" -}}
{{- if eq .Values.mail.mode "external" }}{{ include "parley.external.password" .Values.mail.external }}{{ end -}}
{{- end -}}

{{/* Mailgun's key of webhooks, for registration-api: the same, empty if Mailgun reports nothing. */}}
{{- define "parley.mail.webhook" -}}
{{- if and (eq .Values.mail.mode "external") (eq .Values.mail.external.kind "mailgun") .Values.mail.external.mailgun.webhookKey -}}
secret: {{ .Values.mail.external.existingSecret }}
key: {{ .Values.mail.external.mailgun.webhookKey }}
{{- end -}}
{{- end -}}

{{/* Where `helm test` reads the codes: root; empty if nobody catches mails, and then there is no test. */}}
{{- define "parley.test.mail" -}}
{{- if .Values.helmTest.mailURL }}{{ .Values.helmTest.mailURL }}
{{- else if eq .Values.mail.mode "bundled" }}http://{{ include "parley.name" (list . "mail") }}:8025{{ end -}}
{{- end -}}

{{/* The port of whoever delivers mails: root. */}}
{{- define "parley.mail.port" -}}
{{- if eq .Values.mail.mode "bundled" }}1025{{ else if eq .Values.mail.external.kind "mailgun" }}443{{ else }}{{ .Values.mail.external.smtp.port }}{{ end -}}
{{- end -}}
