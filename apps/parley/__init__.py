"""Parley: sign-in by e-mailed code, real-time chat, and video calls.

The services, each startable alone (`python -m parley <name>`) or all in one process (`python -m parley all`):

- `registration_api` asks for an address, checks the code, keeps sessions and devices, serves the page.
- `email_worker` makes the code and mails it.
- `message_service` answers for conversations, members and history.
- `rtc_service` keeps the sessions by which browsers come to send media to each other.
- `chat_service` holds the WebSockets: live messages, presence, typing, receipts.

What two services share is a noun of its own, with a port and its adapters:

- `identity` who is behind a token: every service asks.
- `onetimecodes` requests, codes and attempts: registration_api and email_worker.
- `conversations` who is in which conversation: message_service edits, chat_service asks.
- `messages` the log of entries: message_service and chat_service append and read.
- `bus` events between services, at least once: registration_api publishes, email_worker consumes.
- `fanout` live notices between replicas, at most once: every service publishes, chat_service listens.
- `ratelimits` budgets per person: message_service and chat_service.
- `idempotency` first answers to requests that may come again: message_service and rtc_service.
- `turn` TURN credentials and the relay's configuration: rtc_service and the doctor.
- `contracts` what crosses a boundary: frames, events, topics, problems.
- `rest` and `sql` how every service speaks HTTP and opens its database.

`component.py` says what a service hands over, `runtime.py` runs it, `embedded.py` runs all of them.
"""
