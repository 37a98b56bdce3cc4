"""What must hold between the keys of the file, once each of them has been read."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from syncd.config import urls
from syncd.config.environment import Path, Plain
from syncd.config.file import ConfigFile, QueryFile
from syncd.config.problems import Problems
from syncd.config.words import dotted, nearest
from syncd.model import Column, IdKind
from syncd.model.settings import Constant

Raw = dict[str, Plain]

_RIVALS = (frozenset({"every", "cron"}), frozenset({"token", "token_file"}))
"""Keys of which a place has one at most; given in a query, one hides the other's default."""
_NEEDED = ("counter", "id_type", "sql", "mark")


def effective(query: QueryFile, defaults: QueryFile, given: Iterable[str] = ()) -> QueryFile:
    """The query with the defaults it does not override; `given` it has too, with values that are wrong."""
    own = query.model_fields_set.union(given)
    hidden = set(own).union(*(pair for pair in _RIVALS if pair & own))
    return query.model_copy(
        update={name: getattr(defaults, name) for name in defaults.model_fields_set - hidden}
    )


def section(raw: Raw, *path: str) -> Raw:
    """The mapping at `path` as the file has it, wrong values included; empty when there is none."""
    found: Plain = raw
    for part in path:
        found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def apply(file: ConfigFile, raw: Raw, problems: Problems) -> None:
    """Tell `problems` of everything that is missing, contradicts itself or names what is not there."""
    for place in (("metrica",), ("defaults",), *(("queries", name) for name in section(raw, "queries"))):
        _one_of_rivals(section(raw, *place), place, problems)
    _databases(file, raw, problems)
    if not section(raw, "queries"):
        problems.add(("queries",), "there is no query, so there is nothing to do", "see config.example.yaml")
    for name, query in file.queries.items():
        given = section(raw, "queries", name)
        _query(name, effective(query, file.defaults, given), raw, problems)
    _metrica_token(file, raw, problems)


def _one_of_rivals(raw: Raw, path: Path, problems: Problems) -> None:
    for pair in _RIVALS:
        if raw.keys() >= pair:
            first, second = sorted(pair)
            last = max(pair, key=lambda name: problems.root.find_line((*path, name)))
            problems.add((*path, last), f"{first} and {second} are both given", "leave one of them")


def _databases(file: ConfigFile, raw: Raw, problems: Problems) -> None:
    databases = section(raw, "databases")
    if not databases:
        problems.add(("databases",), "one database or more is needed", "databases: {crm: {url: …}}")
    for name, database in file.databases.items():
        if "url" not in section(databases, name):
            problems.add(("databases", name), "url is missing", "such as postgresql://user@host/database")
        elif database.url and database.password_file and urls.has_password(database.url):
            message = "the password stands in url and in password_file"
            problems.add(("databases", name, "password_file"), message, "leave one of them")


def _metrica_token(file: ConfigFile, raw: Raw, problems: Problems) -> None:
    if section(raw, "metrica").keys() & {"token", "token_file"}:
        return
    own = {"token", "token_file"}
    inherited = section(raw, "defaults").keys() & own
    lacking = [
        name
        for name, query in file.queries.items()
        if effective(query, file.defaults, section(raw, "queries", name)).enabled
        and not (inherited or section(raw, "queries", name).keys() & own)
    ]
    if lacking or not file.queries:
        problems.add(("metrica",), "token or token_file is missing", "token: ${METRICA_TOKEN}")


def _query(name: str, query: QueryFile, raw: Raw, problems: Problems) -> None:
    path = ("queries", name)
    own, defaults = section(raw, *path), section(raw, "defaults")
    given = own.keys() | defaults.keys()
    missing = [key for key in _NEEDED if key not in given]
    if missing:
        problems.add(path, f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing")
    _database(path, query, own, raw, problems)
    _id_columns(path, query, own, problems)
    _left_out(path, query, own, problems)
    _constants(path, query, own, problems)


def _database(path: Path, query: QueryFile, own: Raw, raw: Raw, problems: Problems) -> None:
    known = sorted(section(raw, "databases"))
    given = "database" in own or "database" in section(raw, "defaults")
    if not given and len(known) > 1:
        problems.add(path, "database is missing, and there are several", f"known: {', '.join(known)}")
    if query.database is not None and known and query.database not in known:
        where: Path = (*path, "database") if "database" in own else ("defaults", "database")
        problems.add(where, "there is no such database", nearest(query.database, known))


def _id_columns(path: Path, query: QueryFile, own: Raw, problems: Problems) -> None:
    """Ids that are mapped but not meant to be sent: a slip that would go unnoticed."""
    if not query.id_type:
        return
    wanted = {IdKind(kind) for kind in query.id_type}
    home: Path = path if "columns" in own else ("defaults",)
    whose = "id_type" if "columns" in own else f"id_type of {dotted(path)}"
    for kind in IdKind:
        source = query.columns.get(kind.column)
        left_out = source is None or (isinstance(source, Constant) and source.value is None)
        if not left_out and kind not in wanted:
            message = f"the column is mapped, but {whose} does not name {kind}"
            problems.add(
                (*home, "columns", kind.column.value), message, f"add {kind} to id_type, or remove the line"
            )
    constant_less = [kind for kind in wanted if query.columns.get(kind.column) == Constant(value=None)]
    if constant_less == list(wanted):
        problems.add(
            (*home, "columns"), f"every id that {whose} names is left out", "a row without an id is lost"
        )


def _left_out(path: Path, query: QueryFile, own: Raw, problems: Problems) -> None:
    """Columns without which there is no conversion."""
    home: Path = path if "columns" in own else ("defaults",)
    for column in (Column.TARGET, Column.DATETIME):
        if query.columns.get(column) == Constant(value=None):
            hint = "name its result column, or remove the line to have it found by its name"
            problems.add((*home, "columns", column.value), f"{column} cannot be left out", hint)


def _constants(path: Path, query: QueryFile, own: Raw, problems: Problems) -> None:
    """Values that stand in every row and that no row could be sent with."""
    constants = {
        column: source.value
        for column, source in query.columns.items()
        if isinstance(source, Constant) and source.value is not None
    }
    if not constants:
        return
    from syncd.mapping.mapper import why_unsendable  # noqa: PLC0415 — the currencies take a while to load

    home: Path = path if "columns" in own else ("defaults",)
    for column, value in constants.items():
        if why := why_unsendable(column, value, ZoneInfo("UTC")):
            message = f"the constant cannot be sent: {why}"
            problems.add((*home, "columns", column.value), message, "see docs/configuration.md, Rows")
