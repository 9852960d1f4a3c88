{{/*
What the bundled engines have in common: one pod with a volume of its own. (dict "root" root "engine" name "uid" number)
gives everything of a StatefulSet but its containers and volumes.
*/}}
{{- define "parley.stateful" -}}
{{- $place := list .root .engine -}}
{{- $bundled := (index .root.Values .engine).bundled -}}
replicas: 1
serviceName: {{ include "parley.name" (list .root (printf "%s-nodes" .engine)) }}
revisionHistoryLimit: 5
selector:
  matchLabels:
    {{- include "parley.selector" $place | nindent 4 }}
{{- with get $bundled "storage" }}
persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}
volumeClaimTemplates:
  - metadata:
      name: data
      labels:
        {{- include "parley.selector" $place | nindent 8 }}
    spec:
      accessModes: [ReadWriteOnce]
      {{- with .storageClass }}
      storageClassName: {{ . }}
      {{- end }}
      resources:
        requests: {storage: {{ .size }}}
{{- end }}
{{- end -}}

{{/* And of its pods. */}}
{{- define "parley.stateful.pod" -}}
{{- include "parley.pod" .root }}
securityContext:
  {{- include "parley.pod.security" 10001 | nindent 2 }}
{{- end -}}

{{/* The container's part that is the same for each: the same dict. */}}
{{- define "parley.stateful.container" -}}
image: {{ include "parley.image" (list .root .engine) }}
imagePullPolicy: {{ .root.Values.images.pullPolicy }}
securityContext:
  {{- include "parley.container.security" . | nindent 2 }}
resources:
  {{- toYaml (index .root.Values .engine).bundled.resources | nindent 2 }}
terminationMessagePolicy: FallbackToLogsOnError
{{- end -}}

{{/* The Service of an engine: (dict "root" root "engine" name "ports" (dict name number) "headless" bool). */}}
{{- define "parley.stateful.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "parley.metadata" (list .root .engine (ternary (printf "%s-nodes" .engine) .engine .headless)) | nindent 2 }}
spec:
  {{- if .headless }}
  clusterIP: None
  # Nodes find each other before they are ready.
  publishNotReadyAddresses: true
  {{- end }}
  selector:
    {{- include "parley.selector" (list .root .engine) | nindent 4 }}
  ports:
    {{- range $name, $port := .ports }}
    - {name: {{ $name }}, port: {{ $port }}, targetPort: {{ $name }}, protocol: TCP}
    {{- end }}
{{- end -}}
