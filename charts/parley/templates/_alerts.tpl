{{/*
The alerts, each with a runbook of its name in docs/runbooks: (dict "root" root "mine" selector of our series). Alerts are about
what people notice; what only explains it is on the dashboard.
*/}}
{{- define "parley.alerts" -}}
alerts:
  - name: ParleyCodesLate
    severity: critical
    for: 1m
    expr: max(parley_outbox_oldest_age_seconds{ {{- .mine -}} }) > 180
    summary: Codes for signing in do not arrive; the oldest request has waited for more than three minutes.
  - name: ParleyEngineAway
    severity: critical
    for: 2m
    expr: max by (service, engine) (parley_engine_up{ {{- .mine -}} }) == 0
    summary: {{ "No pod of {{ $labels.service }} reaches {{ $labels.engine }}." | quote }}
  {{- range $service := include "parley.services" .root | fromYaml | keys | sortAlpha }}
  - name: ParleyServiceAbsent
    severity: critical
    for: 3m
    service: {{ include "parley.name" (list $.root $service) }}
    {{- $up := printf "up{namespace=%q, service=%q}" $.root.Release.Namespace (include "parley.name" (list $.root $service)) }}
    expr: sum({{ $up }}) == 0 or absent({{ $up }})
    summary: No pod of {{ $service }} answers.
  {{- end }}
  - name: ParleyMessagesRefused
    severity: critical
    for: 5m
    expr: sum(rate(parley_message_append_duration_seconds_count{ {{- .mine }}, result=~"unavailable|failed"}[5m])) > 0.05 * sum(rate(parley_message_append_duration_seconds_count{ {{- .mine -}} }[5m]))
    summary: More than one in twenty messages is not stored; clients keep them and try again.
  - name: ParleyRequestsFail
    severity: warning
    for: 5m
    expr: sum by (service) (rate(parley_http_request_duration_seconds_count{ {{- .mine }}, status=~"5.."}[5m])) > 0.02 * sum by (service) (rate(parley_http_request_duration_seconds_count{ {{- .mine -}} }[5m]))
    summary: {{ "More than one in fifty requests to {{ $labels.service }} fails." | quote }}
  - name: ParleyMailsRefused
    severity: warning
    for: 10m
    expr: sum(rate(parley_mail_duration_seconds_count{ {{- .mine }}, result!="accepted"}[10m])) > 0.1 * sum(rate(parley_mail_duration_seconds_count{ {{- .mine -}} }[10m]))
    summary: The mail service takes fewer than nine in ten mails.
  - name: ParleyDeadLetters
    severity: warning
    for: 0m
    expr: sum by (topic) (increase(parley_bus_handling_duration_seconds_count{ {{- .mine }}, result="dead"}[15m])) > 0
    summary: {{ "Events of {{ $labels.topic }} went to the dead letters." | quote }}
  - name: ParleyEventLoopLags
    severity: warning
    for: 10m
    expr: histogram_quantile(0.99, sum by (service, pod, le) (rate(parley_event_loop_lag_seconds_bucket{ {{- .mine -}} }[5m]))) > 0.25
    summary: {{ "{{ $labels.pod }} comes a quarter of a second late to everything; it has more to do than it can." | quote }}
  {{- if .root.Values.operator.enabled }}
  - name: ParleyOperatorAbsent
    severity: warning
    for: 10m
    service: {{ include "parley.name" (list .root "operator") }}
    {{- $up := printf "up{namespace=%q, service=%q}" .root.Release.Namespace (include "parley.name" (list .root "operator")) }}
    expr: sum({{ $up }}) == 0 or absent({{ $up }})
    summary: No pod of the operator answers; everything goes on, but secrets of TURN and topics stay as they are.
  - name: ParleyOperatorFails
    severity: warning
    for: 0m
    expr: sum(increase(turn_rotation_failures_total{ {{- .mine -}} }[15m])) + sum(increase(parley_kafkatopic_internal_errors_total{ {{- .mine -}} }[15m])) > 0
    summary: The operator made a mistake of its own; its log says which.
  - name: ParleyTurnRotationBlocked
    severity: warning
    for: 10m
    expr: max by (ring) (turn_rotation_blocked{ {{- .mine -}} }) == 1
    summary: {{ "The secret of TURN in {{ $labels.ring }} cannot be replaced; calls go on with the one there is." | quote }}
  - name: ParleyTopicsBlocked
    severity: warning
    for: 10m
    expr: sum(parley_kafkatopics{ {{- .mine }}, condition=~"Blocked|Conflict"}) > 0
    summary: A topic is not as it is declared, and the operator may not or cannot change it.
  {{- end }}
{{- end -}}
