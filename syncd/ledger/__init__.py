"""The state store, on SQLite or PostgreSQL. The home of SQLAlchemy's state and of Alembic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncd.ledger.fleet.leases import Lease, Leases
from syncd.ledger.store import Store

if TYPE_CHECKING:
    from syncd.ledger.query.query_ledger import QueryLedger

__all__ = ["Lease", "Leases", "QueryLedger", "Store"]


def __getattr__(name: str) -> Any:
    """Load the ledger of a query when it is asked for: numpy, which a look at the store does not need."""
    if name != "QueryLedger":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from syncd.ledger.query.query_ledger import QueryLedger  # noqa: PLC0415 — see above

    return QueryLedger
