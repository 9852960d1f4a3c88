"""The ring agent, a sidecar: brings the ring to one coturn or rtc-service and tells what came of it (`agent.py`)."""
