"""What message-service does, by noun: conversations, their members, their history."""
