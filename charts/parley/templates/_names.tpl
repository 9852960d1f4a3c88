{{/*
Every name of an object is made here, so that two releases in one namespace never meet.
A name is `parley.name`, called with (list root component).
*/}}
{{- define "parley.fullname" -}}
{{- .Values.fullnameOverride | default .Release.Name -}}
{{- end -}}

{{- define "parley.name" -}}
{{- printf "%s-%s" (include "parley.fullname" (first .)) (last .) -}}
{{- end -}}

{{/* A Service of this release as other namespaces, and TLS, would name it: (list root component). */}}
{{- define "parley.address" -}}
{{- printf "%s.%s.svc.%s" (include "parley.name" .) (first .).Release.Namespace (first .).Values.clusterDomain -}}
{{- end -}}

{{- define "parley.secret.generated" -}}{{ include "parley.name" (list . "generated") }}{{- end -}}
{{- define "parley.secret.inline" -}}{{ include "parley.name" (list . "inline") }}{{- end -}}

{{/* The Secret with the certificate of the three hosts. */}}
{{- define "parley.secret.tls" -}}
{{- if eq .Values.tls.mode "existingSecret" }}{{ .Values.tls.existingSecret }}{{ else }}{{ include "parley.name" (list . "tls") }}{{ end -}}
{{- end -}}
