"""`python -m parley make-secrets`: makes those secrets of an installation that are missing, and never changes one."""
