"""Migrations of the state store, run by `ledger.schema.migrate`; each is written once and never changed."""
