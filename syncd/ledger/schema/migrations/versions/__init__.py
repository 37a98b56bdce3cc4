"""One module per version of the store's schema, found by Alembic."""
