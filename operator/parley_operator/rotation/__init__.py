"""The custom resource TurnSecretRotation: read by `spec`, then `reconcile`, `status` and `handlers`."""
