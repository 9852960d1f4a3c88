{{/*
The operator, and the ring of secrets that it keeps. Where somebody has given credentials.turnSecret, that is the secret,
and where the relay is not ours, nobody could tell it a new one: `parley.ring` says whether there is a ring.
*/}}
{{- define "parley.ring" -}}
{{- $given := .Values.credentials.turnSecret -}}
{{- if and .Values.operator.enabled (eq .Values.turn.mode "bundled") (not $given.existingSecret) (not $given.value) -}}yes{{- end -}}
{{- end -}}

{{- define "parley.ring.secret" -}}{{ include "parley.name" (list . "turn-ring") }}{{- end -}}

{{/* Where rtc-service has the ring, and where coturn has its secrets. */}}
{{- define "parley.ring.file" -}}/etc/parley/ring/ring.json{{- end -}}
{{- define "parley.ring.database" -}}/var/lib/coturn/turndb{{- end -}}

{{/* How long a credential may last by the ring, which takes no less than five minutes: root. */}}
{{- define "parley.ring.ttl" -}}{{ max 300 (int .Values.settings.turnCredentialTTL) }}s{{- end -}}

{{/* The volume of a token, for the one container that mounts it at /var/run/secrets/kubernetes.io/serviceaccount. */}}
{{- define "parley.token" -}}
- name: token
  projected:
    defaultMode: 0440
    sources:
      - serviceAccountToken: {path: token, expirationSeconds: 3607}
      - configMap:
          name: kube-root-ca.crt
          items:
            - {key: ca.crt, path: ca.crt}
      - downwardAPI:
          items:
            - {path: namespace, fieldRef: {fieldPath: metadata.namespace}}
{{- end -}}

{{/* The sidecar that has the ring put in force in its pod: (list root role), relay or minter. */}}
{{- define "parley.ring.agent" -}}
{{- $root := first . -}}{{- $role := last . -}}
{{- $place := ternary (include "parley.ring.database" $root) (include "parley.ring.file" $root) (eq $role "relay") -}}
- name: ring-agent
  image: {{ include "parley.image" (list $root "operator") }}
  imagePullPolicy: {{ $root.Values.images.pullPolicy }}
  args: [agent]
  restartPolicy: Always
  env:
    - {name: RING_ROLE, value: {{ $role }}}
    - {name: RING_SECRET, value: {{ include "parley.ring.secret" $root }}}
    - {name: {{ ternary "RING_DATABASE" "RING_FILE" (eq $role "relay") }}, value: {{ $place }}}
    - name: POD_NAME
      valueFrom: {fieldRef: {fieldPath: metadata.name}}
    - name: POD_UID
      valueFrom: {fieldRef: {fieldPath: metadata.uid}}
  ports:
    - {name: ring, containerPort: 8090}
  # Started: a ring is in force, and only then does its neighbour start. Ready: what it does with the keys was seen.
  startupProbe:
    httpGet: {path: /started, port: ring}
    periodSeconds: 1
    timeoutSeconds: 2
    failureThreshold: 600
  readinessProbe:
    httpGet: {path: /ready, port: ring}
    periodSeconds: 3
    timeoutSeconds: 2
  livenessProbe:
    httpGet: {path: /alive, port: ring}
    periodSeconds: 10
    timeoutSeconds: 5
  securityContext:
    {{- include "parley.container.security" . | nindent 4 }}
  resources:
    {{- toYaml $root.Values.operator.agentResources | nindent 4 }}
  terminationMessagePolicy: FallbackToLogsOnError
  volumeMounts:
    - {name: {{ ternary "data" "ring" (eq $role "relay") }}, mountPath: {{ dir $place }}}
    - {name: token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
    - {name: tmp, mountPath: /tmp}
{{- end -}}

{{/* The account of a pod with an agent: (list root component). */}}
{{- define "parley.ring.account" -}}
{{- if include "parley.ring" (first .) -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "parley.metadata" . | nindent 2 }}
automountServiceAccountToken: false
{{- end -}}
{{- end -}}

{{/* A topic of the services: (dict "root" root "name" name "partitions" number "config" dict). */}}
{{- define "parley.topic" -}}
{{- $values := .root.Values.operator -}}
{{- if and $values.enabled $values.topics.enabled -}}
apiVersion: parley.manchik.co.uk/v1alpha1
kind: KafkaTopic
metadata:
  {{- include "parley.metadata" (list .root "operator" (replace "." "-" .name)) | nindent 2 }}
spec:
  topicName: {{ .name }}
  partitions: {{ .partitions }}
  {{- with $values.topics.replicas }}
  replicas: {{ . }}
  {{- end }}
  config:
    {{- range $key, $value := .config }}
    {{ $key }}: {{ $value | quote }}
    {{- end }}
{{- end -}}
{{- end -}}
