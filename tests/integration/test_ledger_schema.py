"""The store's schema: made at once as the migrations would make it, refused when too new, and documented."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Inspector, inspect, text
from sqlalchemy.schema import CreateSchema, SchemaItem

from syncd.ledger import Store
from syncd.ledger.schema.migrate import migrate, scripts
from syncd.ledger.schema.version import HEAD, read_version, version_table
from syncd.model.errors import StateTooNew, StateUnavailable, StateUnreleased
from syncd.model.keys import key_text
from syncd.model.settings import StateSettings
from tests.support.fix_ledger import NOW, chunk, dump, ledger_of, receipt
from tests.support.servers import Database

DOCS = Path(__file__).parents[2] / "docs" / "state.md"

MIGRATE = """
import sys
from pydantic import SecretStr
from syncd.ledger import Store
from syncd.model.settings import StateSettings

store = Store.open(StateSettings(url=SecretStr(sys.argv[1]), schema_name=sys.argv[2]))
sys.stdin.readline()
print(store.migrate())
"""


def set_version(store: Store, version: str) -> None:
    """Pretend that the store has another version."""
    schema = f"{store.database.schema}." if store.database.schema else ""
    with store.database.write() as connection:
        table = f"{schema}{version_table(store.database)}"
        connection.execute(text(f"UPDATE {table} SET version_num = :v"), {"v": version})


def test_the_tables_are_the_sum_of_the_migrations(store: Store) -> None:
    """Alembic finds no difference between what the code expects and what the migrations made."""
    schema = store.database.schema

    def ours(item: SchemaItem, name: str | None, kind: str, _reflected: object, _other: object) -> bool:
        in_schema = kind != "table" or getattr(item, "schema", None) == schema
        return in_schema and name != version_table(store.database)

    with store.database.read() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": schema is not None,
                "include_object": ours,
                "compare_type": True,
                "compare_server_default": True,
            },
        )
        assert compare_metadata(context, store.database.tables.metadata) == []


@pytest.fixture
def migrated(state: StateSettings) -> Iterator[Store]:
    """Another empty store of the same kind, brought to this version by all migrations."""
    url = state.url.get_secret_value().replace("/state.db", "/migrated.db")
    store = Store.open(StateSettings(url=SecretStr(url), schema_name="migrated"))
    if store.database.file is not None:
        store.database.file.touch()
    with store.database.write() as connection:
        if store.database.schema is not None:
            connection.execute(CreateSchema(store.database.schema))
        migrate(store.database, connection)
    yield store
    store.close()


def anatomy(store: Store) -> dict[str, object]:
    """All that the database knows of the tables and views, but for their order."""
    schema, prefix = store.database.schema, "" if store.database.schema else "syncd_"
    with store.database.read() as connection:
        found = inspect(connection)
        tables: dict[str, object] = {
            name: {
                "columns": sorted(map(str, found.get_columns(name, schema=schema))),
                "key": found.get_pk_constraint(name, schema=schema),
                "foreign": found.get_foreign_keys(name, schema=schema),
                "indexes": sorted(
                    f"{index} {index.get('dialect_options', {}).get('sqlite_where')}"
                    for index in found.get_indexes(name, schema=schema)
                ),
                "unique": sorted(map(str, found.get_unique_constraints(name, schema=schema))),
                "checks": sorted(map(str, found.get_check_constraints(name, schema=schema))),
                "options": found.get_table_options(name, schema=schema),
            }
            for name in found.get_table_names(schema=schema)
        }
        view = found.get_view_definition(f"{prefix}deliveries", schema=schema)
        if schema is None:
            made = connection.execute(text("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'"))
            tables["counted"] = sorted(made.scalars())
    return {
        name: re.sub(" object at 0x[0-9a-f]+", "", str(what).replace(schema or "\0", "SCHEMA"))
        for name, what in {**tables, "view": view}.items()
    }


def test_a_store_made_at_once_is_a_migrated_one(store: Store, migrated: Store) -> None:
    """What a new store gets is, to the last constraint, what an old one has been brought to."""
    assert anatomy(store) == anatomy(migrated)
    with migrated.database.read() as connection:
        assert read_version(migrated.database, connection) == HEAD


def test_constraints_are_the_sum_of_the_migrations(store: Store) -> None:
    """The closed lists of states and origins, which Alembic does not compare, are the model's."""
    tables = store.database.tables
    with store.database.read() as connection:
        found = inspect(connection).get_check_constraints(tables.uploads.name, schema=tables.uploads.schema)
        kinds = {str(check["name"]): set(re.findall(r"'(\w+)'", check["sqltext"])) for check in found}
    expected = {
        str(check.name): set(re.findall(r"'(\w+)'", str(getattr(check, "sqltext", ""))))
        for check in tables.uploads.constraints
        if hasattr(check, "sqltext")
    }
    assert kinds == expected
    assert len(kinds) == 2


def test_head_is_the_newest_migration() -> None:
    """The constant that saves importing Alembic names the newest of a single line of migrations."""
    directory = scripts()
    assert directory.get_heads() == [HEAD]
    assert all(revision.revision.isdigit() for revision in directory.walk_revisions())


def test_migrating_twice_does_nothing(state: StateSettings) -> None:
    """The first migration tells from where to where, the second that there was nothing to do."""
    store = Store.open(state)
    assert store.is_new()
    assert store.migrate() == (None, HEAD)
    assert not store.is_new()
    assert store.migrate() is None
    store.check_version()
    store.close()


def test_an_empty_store_wants_a_migration(state: StateSettings) -> None:
    """Whoever only reads is told to migrate, and makes nothing by asking."""
    store = Store.open(state)
    with pytest.raises(StateUnavailable, match="syncd migrate"):
        store.check_version()
    if store.database.file is not None:
        assert not store.database.file.exists()
    store.close()


def test_an_older_store_wants_a_migration(store: Store) -> None:
    """Its version and the one needed are named."""
    set_version(store, "0000")
    with pytest.raises(StateUnavailable, match=rf"0000.*{HEAD}.*syncd migrate"):
        store.check_version()


def test_a_store_between_releases_is_refused(store: Store) -> None:
    """No migration knows its tables: what to do is said, and nothing is touched."""
    set_version(store, "0005")
    before = dump(store)
    for step in (store.check_version, store.migrate):
        with pytest.raises(StateUnreleased, match="0005, which no release") as told:
            step()
        assert "21d263e" in told.value.action
    assert dump(store) == before


@pytest.mark.parametrize("newer", [f"{int(HEAD) + 1:04}", "9999", "a1b2c3"])
def test_a_newer_store_is_refused(store: Store, newer: str) -> None:
    """Neither reading nor migrating touches it."""
    set_version(store, newer)
    before = dump(store)
    for step in (store.check_version, store.migrate):
        with pytest.raises(StateTooNew, match=newer):
            step()
    assert dump(store) == before


def test_a_migration_that_fails_leaves_nothing(state: StateSettings) -> None:
    """The tables and the record of the version come together or not at all."""
    store = Store.open(state)
    if store.database.file:
        store.database.file.touch()
    schema = f"{store.database.schema}." if store.database.schema else ""
    last = store.database.tables.leases.name
    with store.database.write() as connection:
        if store.database.schema:
            connection.execute(text(f"CREATE SCHEMA {store.database.schema}"))
        connection.execute(text(f"CREATE TABLE {schema}{last} (x INTEGER)"))
    with pytest.raises(StateUnavailable, match=last):
        store.migrate()
    with store.database.read() as connection:
        assert inspect(connection).get_table_names(schema=store.database.schema) == [last]
    store.close()


def test_two_processes_may_migrate_at_once(state: StateSettings) -> None:
    """One makes the tables, the others find nothing left to do."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, state.url.get_secret_value(), state.schema_name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=120) for process in processes]
    assert sorted(answer for answer, _error in answers) == [
        f"(None, '{HEAD}')\n",
        "None\n",
        "None\n",
    ], answers


def test_alembic_is_imported_for_older_stores_alone(state: StateSettings) -> None:
    """Its import takes longer than a first run: neither that nor any later one should wait for it."""
    program = MIGRATE.replace("store.migrate()", "(store.migrate(), 'alembic' in sys.modules)")
    for answer in (f"((None, '{HEAD}'), False)\n", "(None, False)\n"):
        done = subprocess.run(
            [sys.executable, "-c", program, state.url.get_secret_value(), state.schema_name],
            check=True,
            input="go\n",
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.stdout == answer


def test_a_role_that_may_not_create_schemas_can_use_one(postgres: Database) -> None:
    """It is enough that a DBA made the schema and gave it to syncd's role."""
    postgres.run(
        "CREATE ROLE narrow_one LOGIN",
        f"REVOKE CREATE ON DATABASE {postgres.name} FROM PUBLIC",
        "CREATE SCHEMA narrow AUTHORIZATION narrow_one",
    )
    try:
        url = postgres.url.replace("postgres@", "narrow_one@")
        store = Store.open(StateSettings(url=SecretStr(url), schema_name="narrow"))
        assert store.migrate() == (None, HEAD)
        ledger_of(store).record(chunk(mark=1))
        store.close()
    finally:
        postgres.run("DROP SCHEMA narrow CASCADE", "DROP ROLE narrow_one")


def test_a_new_sqlite_store_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It names customers, so nobody else may read it, nor what SQLite keeps beside it."""
    store = Store.open(StateSettings(url=SecretStr(f"sqlite:///{tmp_path}/state.db")))
    with store.lock():
        store.migrate()
        files = list(tmp_path.iterdir())
        assert len(files) >= 2
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    store.close()


def test_every_table_and_column_is_documented(store: Store) -> None:
    """docs/state.md names exactly the tables and columns that there are, in their order."""
    documented: dict[str, list[str]] = {}
    table = ""
    for line in DOCS.read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"### `(\w+)`.*", line):
            table = heading[1]
        elif line.startswith("## "):
            table = ""
        elif table and (column := re.match(r"\| `(\w+)` \|", line)):
            documented.setdefault(table, []).append(column[1])
    prefix = "" if store.database.postgresql else "syncd_"
    with store.database.read() as connection:
        real = {
            name.removeprefix(prefix): [
                column["name"]
                for column in inspect(connection).get_columns(name, schema=store.database.schema)
            ]
            for name in _relations(inspect(connection), store.database.schema)
        }
    assert documented == real


def _relations(found: Inspector, schema: str | None) -> list[str]:
    return [*found.get_table_names(schema=schema), *found.get_view_names(schema=schema)]


def test_deliveries_can_be_selected(store: Store) -> None:
    """The view tells of every delivered key, whatever is in it, and of those passed over."""
    ledger = ledger_of(store)
    names = ["4711", "a,b", 'say "x"', "back\\slash", "ü€", "[1]"]
    upload = ledger.begin(chunk(*names), "syncd" + "a" * 32, NOW)
    ledger.begin_query(None, [key_text(["before"])])
    view = f"{store.database.schema}.deliveries" if store.database.schema else "syncd_deliveries"

    def deliveries() -> set[tuple[str, str, int | None]]:
        with store.database.read() as connection:
            rows = connection.exec_driver_sql(f"SELECT query, key, upload_id FROM {view}")
            return {tuple(row) for row in rows}

    passed = ("orders", key_text(["before"]), None)
    assert deliveries() == {passed}
    ledger.accept(upload, receipt(), NOW)
    assert deliveries() == {passed, *(("orders", key_text([name]), upload.id) for name in names)}


def test_the_documented_statements_run(store: Store) -> None:
    """Every SELECT of docs/state.md is one that the database takes."""
    kind = "postgresql" if store.database.postgresql else "sqlite"
    blocks = re.findall(rf"```sql {kind}\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    statements = [part for block in blocks for part in block.split(";") if part.strip()]
    assert len(statements) >= 5
    for statement in statements:
        with store.database.read() as connection:
            connection.exec_driver_sql(statement.replace("syncd.", f"{store.database.schema}."))
