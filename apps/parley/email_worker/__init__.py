"""email-worker: makes the code of each request, stores only its keyed hash, and mails it."""
