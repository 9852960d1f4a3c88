{{/*
What no schema can say: combinations that cannot work. Each is told in one sentence, and all of them at once.
*/}}
{{- define "parley.validate" -}}
{{- $wrong := list -}}
{{- range list "hosts" "credentials" "engines" "mail" "turn" "entry" "scaling" -}}
{{- range include (printf "parley.validate.%s" .) $ | splitList "\n" -}}
{{- with trim . }}{{ $wrong = append $wrong . }}{{ end -}}
{{- end -}}
{{- end -}}
{{- if $wrong }}{{ fail (printf "\n\nThis cannot be installed:\n- %s\n" (join "\n- " $wrong)) }}{{ end -}}
{{- end -}}

{{- define "parley.validate.hosts" -}}
{{- $domain := include "parley.domain" . -}}
{{- if gt (len (include "parley.fullname" .)) 40 }}
the name of the release (or fullnameOverride) has more than 40 letters, which leaves no room for the names of its objects.
{{- end }}
{{- range $name, $host := .Values.hosts }}
{{- if ne (regexReplaceAll "^[^.]+[.]" $host "") $domain }}
hosts.{{ $name }} is {{ $host }}, which is not directly under {{ $domain }} as hosts.chat is: the session's cookie is shared by the hosts of one domain.
{{- end }}
{{- end }}
{{- if not (contains "." $domain) }}
hosts.chat is directly under {{ $domain }}, and no browser keeps a cookie for a whole top-level domain: use a name like chat.example.org.
{{- end }}
{{- if lt (values .Values.hosts | uniq | len) 3 }}
two of hosts.chat, hosts.webrtc and hosts.turn are the same, and each leads to a service of its own.
{{- end }}
{{- end -}}

{{- define "parley.validate.credentials" -}}
{{- range $name, $given := .Values.credentials }}
{{- if and $given.existingSecret $given.value }}
credentials.{{ $name }} has both a value and an existingSecret; give one of them.
{{- end }}
{{- if eq $given.value "devsecret" }}
credentials.{{ $name }}.value is devsecret, which everybody knows; leave it empty, and a secret is made.
{{- else if and $given.value (not $.Values.development) }}
credentials.{{ $name }}.value is written into the values, which is for development: true only; leave it empty, and it is made, or name an existingSecret.
{{- end }}
{{- if and (eq $name "turnSecret") (regexMatch "^=|[^!#-&(-~]" $given.value) }}
credentials.turnSecret.value must be visible ASCII characters without quotes, and not begin with =.
{{- else if and (hasPrefix "code" $name) $given.value (not (regexMatch "^([0-9a-fA-F]{2}){32,}$" $given.value)) }}
credentials.{{ $name }}.value must be 64 or more hexadecimal digits.
{{- else if and (hasSuffix "Password" $name) (regexMatch "[^A-Za-z0-9]" $given.value) }}
credentials.{{ $name }}.value must be letters and digits, because the engine's image writes it into SQL as it is.
{{- end }}
{{- end }}
{{- end -}}

{{- define "parley.validate.engines" -}}
{{- range $engine := list "mysql" "redis" "kafka" "cassandra" }}
{{- $values := index $.Values $engine -}}
{{- $isGiven := not (empty (ternary (get $values.external "host") (get $values.external "hosts") (eq $engine "mysql"))) -}}
{{- $where := ternary "host" "hosts" (eq $engine "mysql") -}}
{{- if and (eq $values.mode "bundled") $isGiven }}
{{ $engine }}.mode is bundled, but {{ $engine }}.external.{{ $where }} is given; set {{ $engine }}.mode to external, or leave it empty.
{{- else if and (eq $values.mode "external") (not $isGiven) }}
{{ $engine }}.mode is external, but {{ $engine }}.external.{{ $where }} is empty.
{{- end }}
{{- if and (eq $values.mode "external") $values.external.tls.caSecret (not $values.external.tls.enabled) }}
{{ $engine }}.external.tls.caSecret is given, but {{ $engine }}.external.tls.enabled is false.
{{- end }}
{{- if and (eq $values.mode "external") (ne $engine "redis") $values.external.user (not $values.external.existingSecret) }}
{{ $engine }}.external.user is given, but {{ $engine }}.external.existingSecret with the password is not.
{{- else if and (eq $values.mode "external") (ne $engine "redis") $values.external.existingSecret (not $values.external.user) }}
{{ $engine }}.external.existingSecret is given, but {{ $engine }}.external.user is empty.
{{- end }}
{{- end }}
{{- with .Values.redis }}
{{- if and (eq .mode "external") (eq .external.kind "sentinel") (not .external.service) }}
redis.external.kind is sentinel, but redis.external.service, the name that the sentinels have for the primary, is empty.
{{- else if and (eq .mode "external") (eq .external.kind "server") (gt (len .external.hosts) 1) }}
redis.external.hosts names several hosts, which redis.external.kind sentinel or cluster have, and server has not.
{{- else if and (eq .mode "external") (eq .external.kind "cluster") (ne (int .external.database) 0) }}
redis.external.database is {{ .external.database }}, and a cluster has only database 0.
{{- end }}
{{- if and (eq .mode "external") .external.user (not .external.existingSecret) }}
redis.external.user is given, but redis.external.existingSecret with the password is not.
{{- end }}
{{- end }}
{{- with .Values.cassandra }}
{{- if and (eq .mode "external") (gt (len .external.hosts) 1) (not .external.datacenter) }}
cassandra.external.hosts names several nodes, so cassandra.external.datacenter is needed, as `nodetool status` tells it.
{{- end }}
{{- end }}
{{- end -}}

{{- define "parley.validate.mail" -}}
{{- with .Values.mail }}
{{- if and (eq .mode "bundled") (not $.Values.development) }}
mail.mode is bundled, which catches mails and delivers none; set mail.mode to external, or development to true.
{{- else if eq .mode "external" }}
{{- if not .from }}
mail.from is empty, and mails need a sender, like Parley <parley@example.org>.
{{- end }}
{{- if and (eq .external.kind "smtp") (not .external.smtp.host) }}
mail.mode is external, but mail.external.smtp.host is empty; name the server that takes mails, or set mail.external.kind to mailgun.
{{- else if and (eq .external.kind "smtp") .external.smtp.user (not .external.existingSecret) }}
mail.external.smtp.user is given, but mail.external.existingSecret with the password is not.
{{- else if and (eq .external.kind "smtp") .external.existingSecret (not .external.smtp.user) }}
mail.external.existingSecret is given, but mail.external.smtp.user is empty.
{{- else if and (eq .external.kind "smtp") .external.smtp.user (eq .external.smtp.tls "never") }}
mail.external.smtp.tls is never, and a password must not travel without TLS.
{{- else if and (eq .external.kind "mailgun") (not (and .external.mailgun.domain .external.existingSecret)) }}
mail.external.kind is mailgun, which needs mail.external.mailgun.domain and mail.external.existingSecret with its key.
{{- end }}
{{- else if or .external.smtp.host .external.mailgun.domain }}
mail.mode is bundled, but mail.external names a server; set mail.mode to external, or leave it empty.
{{- end }}
{{- end }}
{{- end -}}

{{- define "parley.validate.turn" -}}
{{- $turn := .Values.turn -}}
{{- $relay := $turn.bundled.relayPorts -}}
{{- if eq $turn.mode "external" }}
{{- if not $turn.external.urls }}
turn.mode is external, but turn.external.urls is empty.
{{- end }}
{{- with .Values.credentials.turnSecret }}
{{- if not (or .existingSecret .value) }}
turn.mode is external, so credentials.turnSecret.existingSecret must hold the secret that this relay has; one that is made here it cannot know.
{{- end }}
{{- end }}
{{- else }}
{{- if $turn.external.urls }}
turn.mode is bundled, but turn.external.urls is given; set turn.mode to external, or leave it empty.
{{- end }}
{{- if gt (int $relay.first) (int $relay.last) }}
turn.bundled.relayPorts.first is above turn.bundled.relayPorts.last.
{{- else if gt (sub $relay.last $relay.first | int) 249 }}
turn.bundled.relayPorts has more than 250 ports, and each is an entry of a Service; a hundred relays need no more than a hundred.
{{- end }}
{{- if eq $turn.bundled.exposure "nodePort" }}
{{- if or (lt (int $relay.first) 30000) (gt (int $relay.last) 32767) }}
turn.bundled.relayPorts must be between 30000 and 32767, because with exposure nodePort they are ports of the nodes.
{{- end }}
{{- if and (ge (int $turn.bundled.nodePort) (int $relay.first)) (le (int $turn.bundled.nodePort) (int $relay.last)) }}
turn.bundled.nodePort is one of turn.bundled.relayPorts.
{{- end }}
{{- if $turn.bundled.tls }}
turn.bundled.tls answers on port 5349, which exposure nodePort cannot have; use hostNetwork or loadBalancer.
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "parley.validate.entry" -}}
{{- with .Values.tls }}
{{- if and (eq .mode "existingSecret") (not .existingSecret) }}
tls.mode is existingSecret, but tls.existingSecret is empty.
{{- else if and (ne .mode "existingSecret") .existingSecret }}
tls.existingSecret is given, but tls.mode is {{ .mode }}; set it to existingSecret, or leave the name empty.
{{- end }}
{{- if eq .mode "certManager" }}
{{- if not .certManager.issuer }}
tls.mode is certManager, but tls.certManager.issuer is empty.
{{- end }}
{{- if not $.Values.ingress.enabled }}
tls.mode is certManager, which acts on the Ingress, but ingress.enabled is false; a Gateway's certificates belong to the Gateway.
{{- end }}
{{- end }}
{{- end }}
{{- if and .Values.gateway.enabled (not .Values.gateway.parentRefs) }}
gateway.enabled is true, but gateway.parentRefs names no Gateway.
{{- end }}
{{- end -}}

{{- define "parley.validate.scaling" -}}
{{- range $service, $values := .Values.services }}
{{- with $values.autoscaling }}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) }}
services.{{ $service }}.autoscaling.minReplicas is above maxReplicas.
{{- end }}
{{- if and .enabled (not (get (get $values.resources "requests" | default dict) "cpu")) }}
services.{{ $service }}.autoscaling measures CPU against what is requested, but services.{{ $service }}.resources.requests.cpu is not set.
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
