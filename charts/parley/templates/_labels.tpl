{{/*
What a selector says, and nothing else, because it can never be changed; pods have just these labels as well, so that a
new version of the chart alone starts no engine anew: (list root component).
*/}}
{{- define "parley.selector" -}}
app.kubernetes.io/name: parley
app.kubernetes.io/instance: {{ (first .).Release.Name }}
app.kubernetes.io/component: {{ last . }}
{{- end -}}

{{/* The labels of every object: (list root component). */}}
{{- define "parley.labels" -}}
{{- $root := first . -}}
{{ include "parley.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: parley
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name ($root.Chart.Version | replace "+" "_") }}
{{- end -}}

{{/* Name, namespace and labels: (list root component [name]). */}}
{{- define "parley.metadata" -}}
{{- $root := index . 0 -}}{{- $component := index . 1 -}}
name: {{ include "parley.name" (list $root (last .)) }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "parley.labels" (list $root $component) | nindent 2 }}
{{- end -}}
