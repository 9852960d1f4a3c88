"""chat-service: one WebSocket for each open window, and everything live on it (protocol.md 2 to 2.5).

`gateway.py` reads frames, `conversation.py` says what each may do, `service/` does it, `feed.py` hears what others
publish, `hub.py` writes it to everyone who is here.
"""
