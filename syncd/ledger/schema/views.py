"""The views of the state store, for those who read it with SELECT."""

from __future__ import annotations

from sqlalchemy import Connection

from syncd.ledger.database import StoreDatabase
from syncd.model.uploads import DELIVERED


def create(database: StoreDatabase, connection: Connection) -> None:
    """`deliveries`: every delivered key with the upload that delivered it, once for each time it was sent."""
    tables = database.tables
    written = connection.dialect.identifier_preparer.format_table
    uploads, files, passed = (written(table) for table in (tables.uploads, tables.files, tables.passed))
    if database.postgresql:
        keys, key = "unnest(string_to_array(f.keys, E'\\n')) AS k (key)", "k.key"
    else:  # each key is itself JSON, so keys joined by commas are a JSON array of them
        keys, key = "json_each('[' || replace(f.keys, char(10), ',') || ']') AS k", "k.value"
    name = uploads.removesuffix("uploads") + "deliveries"
    states = ", ".join(f"'{state}'" for state in DELIVERED)
    connection.exec_driver_sql(
        f"CREATE VIEW {name} AS"  # noqa: S608 — names of our own
        f" SELECT u.query, {key} AS key, u.id AS upload_id, u.settled_at AS delivered_at"
        f" FROM {uploads} AS u JOIN {files} AS f ON f.upload_id = u.id CROSS JOIN {keys}"
        f" WHERE u.state IN ({states})"
        f" UNION ALL SELECT query, key, upload_id, NULL FROM {passed}"
    )
