"""A whole call against an installation, from the first page to the last frame, to find out where it breaks."""
