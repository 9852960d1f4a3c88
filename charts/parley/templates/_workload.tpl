{{/*
The objects of a service that runs alone, one definition for all five: (list root service). A folder of templates has
one file an object, each of which is a line that calls these.
*/}}
{{- define "parley.service.deployment" -}}
{{- $root := first . -}}{{- $service := last . -}}
{{- $values := index $root.Values.services $service -}}
{{- $ca := include "parley.ca.sources" . -}}
{{- $hasRing := and (eq $service "rtc-service") (include "parley.ring" $root) -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "parley.metadata" . | nindent 2 }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  selector:
    matchLabels:
      {{- include "parley.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "parley.selector" . | nindent 8 }}
      annotations:
        checksum/environment: {{ include "parley.environment" . | sha256sum }}
        {{- if include "parley.inline" $root }}
        checksum/inline: {{ toJson $root.Values.credentials | sha256sum }}
        {{- end }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "parley.pod" $root | nindent 6 }}
      {{- if $hasRing }}
      serviceAccountName: {{ include "parley.name" . }}
      {{- end }}
      securityContext:
        {{- include "parley.pod.security" 10001 | nindent 8 }}
      terminationGracePeriodSeconds: {{ include "parley.grace" . }}
      initContainers:
        # Waits for the engines and brings their schemas up to date, one pod at a time; a wrong password ends it at once.
        - name: migrate
          image: {{ include "parley.image" . }}
          imagePullPolicy: {{ $root.Values.images.pullPolicy }}
          args: [migrate]
          env:
            - {name: MIGRATE_WAIT_SECONDS, value: "600"}
          {{- include "parley.service.container" . | nindent 10 }}
        {{- if $hasRing }}
        {{- include "parley.ring.agent" (list $root "minter") | nindent 8 }}
        {{- end }}
      containers:
        - name: {{ $service }}
          image: {{ include "parley.image" . }}
          imagePullPolicy: {{ $root.Values.images.pullPolicy }}
          args: [{{ $service }}]
          ports:
            - {name: http, containerPort: 8080}
            - {name: metrics, containerPort: 9090}
          {{- include "parley.service.container" . | nindent 10 }}
          # Started: the listener is there. Ready: the engines answer. Alive: the event loop turns, and nothing else is asked.
          startupProbe:
            httpGet: {path: /healthz, port: http}
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 90
          readinessProbe:
            httpGet: {path: /readyz, port: http}
            periodSeconds: 3
            timeoutSeconds: 2
            failureThreshold: 2
          livenessProbe:
            httpGet: {path: /healthz, port: http}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          lifecycle:
            # Until every proxy has heard that this pod is going; then SIGTERM, on which the service drains by itself.
            preStop:
              sleep: {seconds: 5}
      topologySpreadConstraints:
        {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: ScheduleAnyway
          matchLabelKeys: [pod-template-hash]
          labelSelector:
            matchLabels:
              {{- include "parley.selector" (list $root $service) | nindent 14 }}
        {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 64Mi}
        - name: secrets
          projected:
            defaultMode: 0440
            sources:
              {{- include "parley.secrets.sources" . | nindent 14 }}
        {{- if $hasRing }}
        - name: ring
          emptyDir: {medium: Memory, sizeLimit: 1Mi}
        {{- include "parley.token" . | nindent 8 }}
        {{- end }}
        {{- with $ca }}
        - name: ca
          projected:
            defaultMode: 0444
            sources:
              {{- . | nindent 14 }}
        {{- end }}
{{- end -}}

{{/* What both containers of such a pod have in common. */}}
{{- define "parley.service.container" -}}
envFrom:
  - configMapRef: {name: {{ include "parley.name" . }}}
securityContext:
  {{- include "parley.container.security" . | nindent 2 }}
resources:
  {{- toYaml (index (first .).Values.services (last .)).resources | nindent 2 }}
terminationMessagePolicy: FallbackToLogsOnError
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: secrets, mountPath: /etc/parley/secrets, readOnly: true}
  {{- if and (eq (last .) "rtc-service") (include "parley.ring" (first .)) }}
  - {name: ring, mountPath: {{ dir (include "parley.ring.file" .) }}, readOnly: true}
  {{- end }}
  {{- if include "parley.ca.sources" . }}
  - {name: ca, mountPath: /etc/parley/ca, readOnly: true}
  {{- end }}
{{- end -}}

{{/* Seconds from the wish to stop to the kill: preStop, the drain, the last answers (5), and a reserve. */}}
{{- define "parley.grace" -}}
{{- $values := index (first .).Values.services (last .) -}}
{{ add 5 (get $values "drainSeconds" | default 0 | int) 5 15 }}
{{- end -}}

{{- define "parley.service.configmap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "parley.metadata" . | nindent 2 }}
data:
  {{- include "parley.environment" . | trim | nindent 2 }}
{{- end -}}

{{- define "parley.service.service" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "parley.metadata" . | nindent 2 }}
spec:
  selector:
    {{- include "parley.selector" . | nindent 4 }}
  ports:
    - {name: http, port: 80, targetPort: http, protocol: TCP, appProtocol: {{ ternary "kubernetes.io/ws" "http" (eq (last .) "chat-service") }}}
    - {name: metrics, port: 9090, targetPort: metrics, protocol: TCP, appProtocol: http}
{{- end -}}

{{/*
For the test alone: the pods of a service whatever state they are in, because of one that is not ready it wants to know
why. (list root service)
*/}}
{{- define "parley.test.pods" -}}
{{- if include "parley.test.mail" (first .) -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "parley.metadata" (list (first .) "call-check" (printf "%s-pods" (last .))) | nindent 2 }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector:
    {{- include "parley.selector" . | nindent 4 }}
  ports:
    - {name: http, port: 8080, targetPort: http, protocol: TCP, appProtocol: http}
{{- end -}}
{{- end -}}

{{- define "parley.service.hpa" -}}
{{- $values := (index (first .).Values.services (last .)).autoscaling -}}
{{- if $values.enabled -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "parley.metadata" . | nindent 2 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ include "parley.name" . }}}
  minReplicas: {{ $values.minReplicas }}
  maxReplicas: {{ $values.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ $values.cpuPercent }}}
    {{- with get $values "connectionsPerPod" }}
    - type: Pods
      pods:
        metric: {name: parley_websocket_connections}
        target: {type: AverageValue, averageValue: {{ . | quote }}}
    {{- end }}
  behavior:
    # Each pod that goes makes its clients come back elsewhere, so that is done late and one at a time.
    scaleDown:
      stabilizationWindowSeconds: 600
      policies:
        - {type: Pods, value: 1, periodSeconds: 120}
{{- end -}}
{{- end -}}

{{/* With one pod it would only stop nodes from being drained. */}}
{{- define "parley.service.pdb" -}}
{{- $values := index (first .).Values.services (last .) -}}
{{- if gt (int (ternary $values.autoscaling.minReplicas $values.replicas $values.autoscaling.enabled)) 1 -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "parley.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "parley.selector" . | nindent 6 }}
{{- end -}}
{{- end -}}

{{/* Whether any credential is written into the values. */}}
{{- define "parley.inline" -}}
{{- range $name, $given := .Values.credentials }}{{ if $given.value }}yes{{ end }}{{ end -}}
{{- end -}}
