"""The numbers that somebody keeps anyway and that metrics ask for, instead of being told each change of them."""

from collections.abc import Mapping
from typing import Literal

CONNECTIONS = "parley_websocket_connections"
FRAMES = "parley_websocket_frames_received"
DELIVERIES = "parley_websocket_deliveries"
CALL_WINDOWS = "parley_call_windows"
RTC_WAITS = "parley_rtc_waits"
RTC_OPENED = "parley_rtc_sessions_opened"
RTC_ENDED = "parley_rtc_sessions_ended"
TURN_CREDENTIALS = "parley_turn_credentials"
OUTBOX_ROWS = "parley_outbox_rows"
OUTBOX_AGE = "parley_outbox_oldest_age_seconds"

READINGS: Mapping[str, tuple[Literal["gauge", "counter"], str]] = {
    CONNECTIONS: ("gauge", "Greeted WebSocket connections."),
    FRAMES: ("counter", "Frames read from WebSocket connections."),
    DELIVERIES: ("counter", "Frames of conversations handed to WebSocket connections, one for each that gets it."),
    CALL_WINDOWS: ("gauge", "Connected windows that have joined a call."),
    RTC_WAITS: ("gauge", "Requests that wait for an rtc session to change."),
    RTC_OPENED: ("counter", "Rtc sessions that were made."),
    RTC_ENDED: ("counter", "Rtc sessions that somebody has ended; others end by themselves."),
    TURN_CREDENTIALS: ("counter", "TURN credentials that were minted."),
    OUTBOX_ROWS: ("gauge", "Events in the outbox, whose requests have no end yet."),
    OUTBOX_AGE: ("gauge", "Age of the oldest of them, 0 when there is none."),
}
"""Name, kind and meaning; a component's `readings` are functions under these names."""
