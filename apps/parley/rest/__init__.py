"""How every service speaks HTTP: who calls, from which page, how errors look, how much is read."""
