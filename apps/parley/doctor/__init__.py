"""`python -m parley doctor`: does what a call does with each TURN server, and says what is wrong and how to mend it."""
