"""The event bus: facts from one service to another, at least once."""
