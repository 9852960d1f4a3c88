"""Kafka topics that are declared as KafkaTopic objects: made, grown and kept as they are declared, never destroyed.

`planning.py` decides what to do about one object, without any I/O; `engine.py` does it, many objects at a time, through
two ports: `port.py` (Kafka) and `objects.py` (Kubernetes). Next: `model.py`, the words that all of them use.
"""
