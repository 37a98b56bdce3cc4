"""The state store, on SQLite or PostgreSQL. The home of SQLAlchemy's state and of Alembic."""

from syncd.ledger.fleet.leases import Lease, Leases
from syncd.ledger.query.query_ledger import QueryLedger
from syncd.ledger.store import Store

__all__ = ["Lease", "Leases", "QueryLedger", "Store"]
