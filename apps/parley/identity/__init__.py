"""Who is behind a token: accounts, and the sessions by which their devices are signed in."""
