{{/*
Where a credential is: (list root name), YAML with `secret` and `key`. Whoever mounts one asks here and never knows
whether it exists already, was given inline for development, or is made by the hook.
*/}}
{{- define "parley.credential" -}}
{{- $root := first . -}}
{{- $given := index $root.Values.credentials (last .) -}}
{{- if $given.existingSecret -}}
secret: {{ $given.existingSecret }}
key: {{ $given.key }}
{{- else -}}
secret: {{ include (ternary "parley.secret.inline" "parley.secret.generated" (ne $given.value "")) $root }}
key: {{ include "parley.entry" (last .) }}
{{- end -}}
{{- end -}}

{{/* The entry of a credential in a Secret of our own. */}}
{{- define "parley.entry" -}}{{ kebabcase . }}{{- end -}}

{{/* The credentials that this configuration needs, and the form in which each would be made. */}}
{{- define "parley.credentials.needed" -}}
codeKey: key
codePepper: key
{{- if not (include "parley.ring" .) }}
turnSecret: password
{{- end }}
{{- if eq .Values.mysql.mode "bundled" }}
mysqlPassword: password
mysqlRootPassword: password
{{- end }}
{{- if eq .Values.redis.mode "bundled" }}
redisPassword: password
{{- end }}
{{- end -}}

{{/* What the hook is to make, as `python -m parley make-secrets` reads it; empty if nothing. */}}
{{- define "parley.secrets.plan" -}}
{{- $entries := dict -}}
{{- range $name, $form := include "parley.credentials.needed" . | fromYaml -}}
{{- $given := index $.Values.credentials $name -}}
{{- if not (or $given.existingSecret $given.value) -}}
{{- $_ := set $entries (include "parley.entry" $name) $form -}}
{{- end -}}
{{- end -}}
{{- $plan := dict -}}
{{- if $entries -}}
{{- $_ := set $plan (include "parley.secret.generated" .) (dict "entries" $entries) -}}
{{- end -}}
{{- if include "parley.ring" . -}}
{{- /* Empty: the operator fills it, and may not make one. */ -}}
{{- $_ := set $plan (include "parley.ring.secret" .) (dict "entries" dict) -}}
{{- end -}}
{{- if eq .Values.tls.mode "selfSigned" -}}
{{- $_ := set $plan (include "parley.secret.tls" .) (dict "hosts" (list .Values.hosts.chat .Values.hosts.webrtc .Values.hosts.turn)) -}}
{{- end -}}
{{- if $plan -}}{{ toJson $plan }}{{- end -}}
{{- end -}}
