"""What each call does: `signaling.py`, and what it needs for that, a module each."""
