"""How each database writes and reads the values that order its rows: a module each, a table inside.

To add a database, write a module with `exact_type(code, field)`, which answers for the type code that its
driver puts into the cursor's description (and, where the driver keeps more, what it says of the field), and
name it in `DIALECTS`. What has no entry is bound as the driver gave it, and `check` warns of it where
`is_exact` says that this may lose something.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from uuid import UUID

from syncd.source.exact import clickhouse, duckdb, firebird, mssql, mysql, oracle, postgresql
from syncd.source.exact.types import ExactKind, ExactType, bound_as, written_as

__all__ = ["DIALECTS", "ExactKind", "ExactType", "bound_as", "exact_type", "is_exact", "written_as"]

DIALECTS: Mapping[str, Callable[[object, object], ExactType | None]] = {
    "clickhouse": clickhouse.exact_type,
    "clickhousedb": clickhouse.exact_type,
    "duckdb": duckdb.exact_type,
    "firebird": firebird.exact_type,
    "mssql": mssql.exact_type,
    "mysql": mysql.exact_type,
    "oracle": oracle.exact_type,
    "postgresql": postgresql.exact_type,
}
"""By the family of the database. SQLite needs none: Python's values are its own storage classes."""


def exact_type(family: str, code: object, field: object) -> ExactType | None:
    """How values of a column's type travel on a kind of database; None: as the driver gives them."""
    find = DIALECTS.get(family)
    return None if find is None else find(code, field)


def is_exact(family: str, exact: ExactType | None, value: object) -> bool:
    """Whether a value of a column goes to the database and comes from it without a loss.

    Args:
        family: The kind of database.
        exact: How values of the column's type travel (`exact_type`).
        value: One of them, as the driver gave it. All but floats and moments are whole in every driver.
    """
    return exact is not None or family == "sqlite" or isinstance(value, int | Decimal | str | bytes | UUID)
