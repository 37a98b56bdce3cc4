"""Migrations of the state store, run by `syncd.ledger.migrate`; each is written once and never changed."""
