"""TURN: credentials for clients, the secrets behind them, and the relay's own configuration (RFC 8656)."""
