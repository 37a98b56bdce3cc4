"""The state store in one file, taken while a daemon works on it, and put back while none does.

A backup is a SQLite store, whatever the store it was taken from: the exact copy of a SQLite store, the rows
of a PostgreSQL store. So it can be read with SELECT, and put back into either.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from urllib.parse import quote

from pydantic import SecretStr
from sqlalchemy import Connection, Table, column, func, insert, inspect, literal_column, select, table, text
from sqlalchemy.schema import DropSchema

from syncd.language import _
from syncd.ledger.database import AT_ONCE, StoreDatabase
from syncd.ledger.engine import connect
from syncd.ledger.schema.creation import upgrade
from syncd.ledger.schema.version import check_version, read_version
from syncd.ledger.store import Store
from syncd.ledger.store_files import companions, create, give_to_folders_owner
from syncd.ledger.tables import tables
from syncd.model.errors import BackupUnusable, StateError, StateInUse, StateUnavailable, SyncdError
from syncd.model.settings import StateSettings


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    version: str
    """The schema of the backup."""
    kept: str | None
    """Where the store is kept as it was before; None where there was none."""


def back_up(store: Store, target: Path) -> None:
    """Write a consistent copy of the store into a file, while a daemon works on it.

    The file is there when it is complete, for the eyes of its folder's owner alone.

    Raises:
        StateError: the store cannot be read, or is older than this syncd (of PostgreSQL alone).
        BackupUnusable: the file cannot be written.
    """
    database = store.database
    if database.postgresql or database.is_missing():
        check_version(database)
    with _failures(target), _beside(target) as copy:
        if database.file is not None:
            _copy_file(database, copy)
        elif database.postgresql:
            _copy_rows(database, copy)
        else:
            raise StateUnavailable(_("a state store in memory cannot be backed up"))
        _put_in_place(copy, target)


def restore(store: Store, source: Path) -> Restored:
    """Put a backup in the place of the store, and keep what was there in a file beside it.

    Raises:
        StateInUse: a syncd works on the store.
        StateTooNew: a newer syncd wrote the backup.
        BackupUnusable: the file is no backup.
    """
    file = store.database.file
    near = source if file is None else file
    with store.lock(), _failures(near), _beside(near) as copy:
        version = _check(source, copy)
        if file is not None:
            kept = _replace_file(store, file, copy)
            return Restored(version, str(kept) if kept else None)
        if store.database.postgresql:
            return Restored(version, _replace_schema(store, copy))
    raise StateUnavailable(_("a state store in memory cannot be restored"))


@contextmanager
def _failures(path: Path) -> Iterator[None]:
    """Turn what the system and SQLite say of a file into BackupUnusable."""
    try:
        yield
    except OSError as error:
        raise BackupUnusable(f"{error.filename or path}: {error.strerror}") from None
    except sqlite3.Error as error:
        raise BackupUnusable(f"{path}: {error}") from None


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A new file beside another, in a folder that nobody else can enter; removed unless it was moved."""
    folder = Path(mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        copy = folder / "store"
        os.close(create(copy, os.O_EXCL))
        yield copy
    finally:
        rmtree(folder, ignore_errors=True)


def _copy_file(database: StoreDatabase, copy: Path) -> None:
    """Copy a SQLite store as it is at one moment; its writers are not held up."""
    with database.failures(), closing(database.engine.raw_connection()) as pooled:
        source = pooled.driver_connection
        with closing(sqlite3.connect(copy)) as target:
            source.backup(target)  # type: ignore[union-attr]  # sqlite3's own
            target.execute("PRAGMA journal_mode = DELETE")  # so that one file is all of it


def _copy_rows(database: StoreDatabase, copy: Path) -> None:
    """Copy all rows of a PostgreSQL store as they are at one moment into a new SQLite store."""
    with _as_store(copy) as target:
        upgrade(target)
        with database.failures(), database.engine.connect() as connection:
            reading = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            with reading.begin(), target.write() as writing:
                _carry(database, reading, target, writing)
    with closing(sqlite3.connect(copy)) as whole:
        whole.execute("PRAGMA journal_mode = DELETE")


def _carry(source: StoreDatabase, reading: Connection, target: StoreDatabase, writing: Connection) -> None:
    """Insert every row of one store's tables into the empty tables of another."""
    pairs = zip(source.tables.metadata.sorted_tables, target.tables.metadata.sorted_tables, strict=True)
    for ours, theirs in pairs:
        rows = reading.execution_options(yield_per=AT_ONCE).execute(select(ours)).mappings()
        for part in rows.partitions():
            writing.execute(insert(theirs), [dict(row) for row in part])


@contextmanager
def _as_store(file: Path) -> Iterator[StoreDatabase]:
    """A SQLite file as a store, closed again at the end."""
    database = connect(StateSettings(url=SecretStr(f"sqlite:///{file}")))
    try:
        yield database
    finally:
        database.engine.dispose()


def _put_in_place(copy: Path, target: Path) -> None:
    """Have the copy take the place of a regular file or of nothing, whole at any moment."""
    if os.path.lexists(target) and not stat.S_ISREG(target.lstat().st_mode):
        raise BackupUnusable(
            _("{target} is no regular file, so no backup can be put there").format(target=target)
        )
    give_to_folders_owner(copy, target.parent)
    copy.replace(target)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check(source: Path, copy: Path) -> str:
    """Copy a backup, see that it is whole and a store that this syncd knows, and give its version."""
    if not source.is_file():
        raise BackupUnusable(
            _("{source} is no regular file").format(source=source)
            if os.path.lexists(source)
            else _("there is no file {source}").format(source=source)
        )
    with (
        closing(sqlite3.connect(f"file:{quote(str(source.resolve()))}?mode=ro", uri=True)) as given,
        closing(sqlite3.connect(copy)) as taken,
    ):
        try:
            given.backup(taken)
            (found,) = taken.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            raise BackupUnusable(
                _("{source} is no backup of a state store: {error}").format(source=source, error=error)
            ) from None
        taken.execute("PRAGMA journal_mode = DELETE")
    if found != "ok":
        raise BackupUnusable(_("{source} is damaged: {found}").format(source=source, found=found))
    with _as_store(copy) as database, database.read() as connection:
        version = read_version(database, connection)
    if version is None:
        raise BackupUnusable(
            _("{source} is no backup of a state store: it has none of syncd's tables").format(source=source)
        )
    return version


def _replace_file(store: Store, file: Path, copy: Path) -> Path | None:
    """Put a checked copy in the place of a SQLite store; the store before is kept beside it."""
    store.close()
    wal, shm, journal, _ = companions(file)
    kept = None
    if file.exists():
        kept = _free_name(file, store.database.clock.now())
        _fold_wal(file)
        os.link(file, kept)
    # A log of the store before must not be read into the new one; what could not be folded in is kept too.
    for path in (wal, journal):
        if path.exists() and kept is not None:
            path.replace(kept.with_name(kept.name + path.name.removeprefix(file.name)))
        path.unlink(missing_ok=True)
    shm.unlink(missing_ok=True)
    give_to_folders_owner(copy, file.parent)
    copy.replace(file)
    _sync(file.parent)
    return kept


def _fold_wal(file: Path) -> None:
    """Have all of a store in its file alone, where it is readable at all."""
    try:
        with closing(sqlite3.connect(file)) as old:
            old.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error:
        return  # damaged, which may be why it is replaced


def _replace_schema(store: Store, copy: Path) -> str | None:
    """Put the rows of a checked copy into a new schema, which then takes the store's name in one step."""
    database = store.database
    name = str(database.schema)
    stamp = f"{database.clock.now():%Y%m%dt%H%M%S}"
    filled, kept = f"{name[:40]}_restored_{stamp}", f"{name[:40]}_before_{stamp}"
    fresh = replace(database, schema=filled, tables=tables("", filled))
    with database.write() as writing:
        _refuse_company(writing, name)
    try:
        upgrade(fresh)
        with _as_store(copy) as given:
            upgrade(given)
            with fresh.write() as writing, given.read() as reading:
                _carry(given, reading, fresh, writing)
                for table in fresh.tables.metadata.sorted_tables:
                    _go_on_counting(writing, table)
        with database.write() as writing:
            _refuse_company(writing, name)
            is_there = inspect(writing).has_schema(name)
            if is_there:
                _rename_schema(writing, name, kept)
            _rename_schema(writing, filled, name)
    except SyncdError:
        with suppress(StateError), database.write() as writing:
            writing.execute(DropSchema(filled, cascade=True, if_exists=True))
        raise
    return f"schema {kept}" if is_there else None


def _rename_schema(writing: Connection, before: str, after: str) -> None:
    quoted = writing.dialect.identifier_preparer.quote
    writing.execute(text(f"ALTER SCHEMA {quoted(before)} RENAME TO {quoted(after)}"))


def _refuse_company(writing: Connection, schema: str) -> None:
    """Keep every other syncd from the store until the transaction ends. Raises StateInUse if one is at work.

    The store may be of any version, so only what all of them have is looked at.
    """
    for name in ("daemons", "leases"):
        if not inspect(writing).has_table(name, schema=schema):
            continue
        of_fleet = table(name, column("expires_at"), schema=schema)
        written = writing.dialect.identifier_preparer.format_table(of_fleet)
        writing.execute(text(f"LOCK TABLE {written} IN SHARE ROW EXCLUSIVE MODE"))
        alive = select(of_fleet).where(of_fleet.c.expires_at > func.clock_timestamp())
        if writing.execute(alive).first() is not None:
            raise StateInUse(_("a syncd works on this state store, or was killed within the last seconds"))


def _go_on_counting(writing: Connection, filled: Table) -> None:
    """Have PostgreSQL number new rows of a table behind those that were put in."""
    numbered = filled.autoincrement_column
    if numbered is None:
        return
    name = writing.dialect.identifier_preparer.format_table(filled)
    newest = select(func.coalesce(func.max(numbered), literal_column("0")) + 1).scalar_subquery()
    sequence = func.pg_get_serial_sequence(name, numbered.name)
    writing.execute(select(func.setval(sequence, newest, literal_column("false"))))


def _free_name(file: Path, now: datetime) -> Path:
    """The name under which a store that is replaced is kept."""
    return file.with_name(f"{file.name}.before-{now:%Y%m%dT%H%M%S}")
