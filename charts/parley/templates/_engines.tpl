{{/*
The engines. For each: `url` without its password, `password` (YAML with `secret` and `key`, empty without one) and the
nodes to reach. Here alone it is known whether an engine is bundled; a template outside asks `parley.engine`.
*/}}

{{/* What a service must know about an engine: (list root engine), YAML with name, variable, url, password, ca. */}}
{{- define "parley.engine" -}}
{{- $root := first . -}}{{- $engine := last . -}}
{{- $values := index $root.Values $engine -}}
name: {{ $engine }}
variable: {{ include "parley.engine.variable" $engine }}
url: {{ include (printf "parley.%s.url" $engine) $root | quote }}
{{- with include (printf "parley.%s.password" $engine) $root }}
password:
  {{- . | nindent 2 }}
{{- end }}
{{- if and (eq $values.mode "external") $values.external.tls $values.external.tls.caSecret }}
ca:
  secret: {{ $values.external.tls.caSecret }}
  key: {{ $values.external.tls.caKey }}
{{- end }}
{{- end -}}

{{- define "parley.engine.variable" -}}
{{- get (dict "mysql" "DATABASE_URL" "redis" "REDIS_URL" "kafka" "BUS_URL" "cassandra" "MESSAGE_LOG_URL") . -}}
{{- end -}}

{{/* The file of an engine's authority in a pod. */}}
{{- define "parley.ca.file" -}}/etc/parley/ca/{{ . }}.crt{{- end -}}

{{/* The password of an external engine, empty if it has none. */}}
{{- define "parley.external.password" -}}
{{- if .existingSecret -}}
secret: {{ .existingSecret }}
key: {{ .passwordKey }}
{{- end -}}
{{- end -}}

{{- define "parley.mysql.url" -}}
{{- if eq .Values.mysql.mode "bundled" -}}
mysql+aiomysql://parley@{{ include "parley.name" (list . "mysql") }}:3306/parley
{{- else -}}
{{- with .Values.mysql.external -}}
mysql+aiomysql://{{ urlquery .user }}@{{ .host }}:{{ .port }}/{{ .database }}
{{- if .tls.caSecret }}?ssl_ca={{ include "parley.ca.file" "mysql" }}{{ else if .tls.enabled }}?ssl=true{{ end }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "parley.mysql.password" -}}
{{- if eq .Values.mysql.mode "bundled" }}{{ include "parley.credential" (list . "mysqlPassword") }}{{ else }}{{ include "parley.external.password" .Values.mysql.external }}{{ end -}}
{{- end -}}

{{- define "parley.redis.url" -}}
{{- if eq .Values.redis.mode "bundled" -}}
redis://{{ include "parley.name" (list . "redis") }}:6379/0
{{- else -}}
{{- with .Values.redis.external -}}
{{ ternary "rediss" "redis" .tls.enabled }}{{ if ne .kind "server" }}+{{ .kind }}{{ end }}://
{{- with .user }}{{ urlquery . }}@{{ end }}{{ join "," .hosts }}
{{- if eq .kind "sentinel" }}/{{ .service }}{{ end }}{{ if ne .kind "cluster" }}/{{ .database }}{{ end }}
{{- if .tls.caSecret }}?ssl_ca_certs={{ include "parley.ca.file" "redis" }}{{ end }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "parley.redis.password" -}}
{{- if eq .Values.redis.mode "bundled" }}{{ include "parley.credential" (list . "redisPassword") }}{{ else }}{{ include "parley.external.password" .Values.redis.external }}{{ end -}}
{{- end -}}

{{- define "parley.kafka.url" -}}
{{- if eq .Values.kafka.mode "bundled" -}}
kafka://{{ include "parley.name" (list . "kafka") }}:9092
{{- else -}}
{{- with .Values.kafka.external -}}
{{- $options := list -}}
{{- if .user }}{{ $options = append $options (printf "mechanism=%s" .mechanism) }}{{ end -}}
{{- if .tls.caSecret }}{{ $options = append $options (printf "ssl_ca=%s" (include "parley.ca.file" "kafka")) }}{{ end -}}
{{ ternary "kafkas" "kafka" .tls.enabled }}://{{ with .user }}{{ urlquery . }}@{{ end }}{{ join "," .hosts }}
{{- with $options }}?{{ join "&" . }}{{ end }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "parley.kafka.password" -}}
{{- if eq .Values.kafka.mode "external" }}{{ include "parley.external.password" .Values.kafka.external }}{{ end -}}
{{- end -}}

{{- define "parley.cassandra.url" -}}
{{- if eq .Values.cassandra.mode "bundled" -}}
cassandra://{{ include "parley.name" (list . "cassandra") }}:9042/parley
{{- else -}}
{{- with .Values.cassandra.external -}}
{{- $options := list -}}
{{- if .datacenter }}{{ $options = append $options (printf "dc=%s" (urlquery .datacenter)) }}{{ $options = append $options (printf "replication=%d" (int .replication)) }}{{ end -}}
{{- if .tls.caSecret }}{{ $options = append $options (printf "ssl_ca=%s" (include "parley.ca.file" "cassandra")) }}{{ else if .tls.enabled }}{{ $options = append $options "ssl=true" }}{{ end -}}
cassandra://{{ with .user }}{{ urlquery . }}@{{ end }}{{ join "," .hosts }}/{{ .keyspace }}
{{- with $options }}?{{ join "&" . }}{{ end }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "parley.cassandra.password" -}}
{{- if eq .Values.cassandra.mode "external" }}{{ include "parley.external.password" .Values.cassandra.external }}{{ end -}}
{{- end -}}
