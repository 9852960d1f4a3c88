"""Calls without I/O: what one is (`model.py`), and what each command and each moment does to it (`rules.py`)."""
