"""message-service: conversations, their members and their history over REST (protocol.md 1.2)."""
