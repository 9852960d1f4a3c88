{{/*
The annotations of the hook that makes secrets: (list weight policy). It comes before everything else at install and
upgrade, and its rights are gone when it is done.
*/}}
{{- define "parley.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}
