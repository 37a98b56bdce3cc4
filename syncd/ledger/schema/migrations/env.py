"""Run by Alembic: hands the open transaction of `syncd.ledger.schema.migrate` on to the migrations."""

from alembic import context

context.configure(**context.config.attributes["syncd"])
context.run_migrations()
