"""Adapters of this service, one file a technology."""
