"""registration-api: sign-in by e-mailed code, sessions and devices, and the page itself."""
