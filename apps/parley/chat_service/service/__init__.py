"""What chat-service does: greet and resume, talk, tell who is here, hear what others publish, keep all of it true."""
