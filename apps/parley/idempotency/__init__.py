"""The first answer to a request that brought an Idempotency-Key: a repeated request is answered, not carried out."""
