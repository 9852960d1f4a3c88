"""Fan-out: live notices between replicas, at most once. Loss is repaired from the message log, never from here."""
