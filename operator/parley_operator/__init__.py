"""The operator of a cluster: secrets of the TURN servers (`ring`, `agent`, `rotation`) and Kafka topics (`topics`).

It owns the content of one Secret, its Leases and the topics, and no workload. A distribution and an image of its own.
"""
