"""Every topic of the event bus, in one place; a topic is added only when something consumes it."""

NEW_REGISTRATION = "new-registration"
"""A code was asked for. Key: the canonical address, so that one person's requests stay in order."""

NEW_REGISTRATION_DEAD_LETTERS = "new-registration.dlq"
"""Records of NEW_REGISTRATION that can never be handled, byte for byte, with the reason in their headers."""
