"""A look at the tables of a database and at some of their rows; it only reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnClause, Connection, column, inspect, select, table, types
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Inspector

from syncd.model.settings import DatabaseSettings
from syncd.model.tables import ColumnType, TableColumn, TableShape
from syncd.source.engines import Database

_TYPES: tuple[tuple[type[Any], ColumnType], ...] = (
    (types.Boolean, ColumnType.BOOLEAN),
    (types.Integer, ColumnType.INTEGER),
    (types.Float, ColumnType.FLOAT),
    (types.Numeric, ColumnType.DECIMAL),
    (types.Date, ColumnType.DATE),
    (types.Uuid, ColumnType.UUID),
    (postgresql.UUID, ColumnType.UUID),
    (types.Enum, ColumnType.OTHER),
    (types.String, ColumnType.TEXT),
)
"""The first that fits."""
_WORDS = "the database that `syncd init` looks at"


class InspectedDatabase:
    """One database that is looked at. Every method raises SourceUnavailable or SourceRefused."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self._database = Database(settings)

    def find_tables(self) -> list[TableShape]:
        """The tables and views of the default schema, by name."""
        return self._database.run(_WORDS, lambda connection: list(_tables(inspect(connection))))

    def find_rows(self, shape: TableShape, limit: int) -> list[Mapping[str, object]]:
        """Some rows of a table, the newest where a primary key of one column tells."""
        columns: list[ColumnClause[Any]] = [column(one.name) for one in shape.columns]
        schema, _, name = shape.name.rpartition(".")
        wanted = select(*columns).select_from(table(name, *columns, schema=schema or None)).limit(limit)
        if len(shape.primary_key) == 1:
            wanted = wanted.order_by(column(shape.primary_key[0]).desc())

        def read(connection: Connection) -> Sequence[Mapping[str, object]]:
            return [dict(row) for row in connection.execute(wanted).mappings()]

        return list(self._database.run(_WORDS, read))

    def close(self) -> None:
        """Close the connections."""
        self._database.close()


def _tables(inspector: Inspector) -> Iterator[TableShape]:
    quote = inspector.dialect.identifier_preparer.quote
    for name in sorted({*inspector.get_table_names(), *inspector.get_view_names()}):
        columns = tuple(
            TableColumn(one["name"], quote(one["name"]), _type(one["type"]), bool(one.get("nullable", True)))
            for one in inspector.get_columns(name)
        )
        key = tuple(inspector.get_pk_constraint(name).get("constrained_columns") or ())
        indexes = [tuple(filter(None, one["column_names"])) for one in inspector.get_indexes(name)]
        yield TableShape(name, quote(name), columns, key, (key, *indexes) if key else tuple(indexes))


def _type(kind: types.TypeEngine[Any]) -> ColumnType:
    if isinstance(kind, types.DateTime):
        return ColumnType.ZONED_MOMENT if getattr(kind, "timezone", False) else ColumnType.MOMENT
    return next((one for base, one in _TYPES if isinstance(kind, base)), ColumnType.OTHER)
