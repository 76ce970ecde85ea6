"""Features: what is computed from the ledger, each once, as of any day."""
