"""The ledger as one query sees it."""
