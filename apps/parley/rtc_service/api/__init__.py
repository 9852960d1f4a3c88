"""The calls under `/sessions`: `sessions.py`, `descriptions.py`, `candidates.py`; their bodies: `documents.py`."""
