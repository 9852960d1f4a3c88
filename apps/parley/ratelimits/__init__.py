"""Budgets per person over all replicas: how often something may be done."""
