"""The calls of protocol.md 1.2: `routes.py` puts them together, `documents.py` says what goes in and out."""
