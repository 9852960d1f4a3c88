"""rtc-service: the sessions by which two browsers come to send media to each other (protocol.md 1.3)."""
