"""One-time codes: the request, the code that answers it, and the bound on guessing (login.md)."""
