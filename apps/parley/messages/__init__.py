"""The message log: every conversation's entries, numbered 1, 2, 3 … without holes."""
