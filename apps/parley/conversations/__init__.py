"""Who is in which conversation: direct, group, and the lobby that everybody is in."""
