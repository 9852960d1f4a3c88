"""How long somebody waits for a server: a person waits meanwhile."""

ANSWERS_WITHIN_S = 1.0
"""How long a command may take, and before it the connection."""

LOOKUP_ANSWERS_WITHIN_S = 0.5
"""The same for whom to ask where the keys are, one after another, before a command is sent there."""
