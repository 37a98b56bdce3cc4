"""URLs of databases, of the state store, of the API. Never shown: they may hold a password.

The syntax is SQLAlchemy's (`sqlalchemy.engine.url._parse_url`), checked here by a pattern of our own,
because SQLAlchemy itself is at home in source/ and ledger/ only.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from syncd.config.words import Wrong, but_got, nearest
from syncd.language import N_, _
from syncd.model.drivers import DRIVERS, drivers_of, kinds

_URL = re.compile(
    r"(?P<dialect>[A-Za-z0-9_]+)(?:\+(?P<driver>[A-Za-z0-9_]+))?://"
    r"(?:(?P<user>[^:/\s]*)(?::(?P<password>[^@\s]*))?@)?"
    r"(?:(?:\[(?P<six>[^/?\s]+)\]|(?P<host>[^/:?\s]+))?(?::(?P<port>[0-9]+))?)?"
    r"(?:/(?P<database>[^?]*))?(?:\?(?P<query>.*))?"
)
_ANY_URL = re.compile(r"[A-Za-z][A-Za-z0-9]*://\S+")
_IN_FILES = ("sqlite", "duckdb")
"""Kinds whose databases are files, named by the URL's path."""
_NAMED = ("postgresql", "mysql", "mariadb", "oracle")
"""Kinds of which SQLAlchemy's versions do not agree on the usual driver, or take another than ours."""
_HIGHEST_PORT = 65535
_TABLE = N_(
    "in user and password write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23, % as "
    "%25, [ as %5B, ] as %5D, a space as %20; or put the password in password_file, as "
    "it is"
)
_RAW = re.compile(r"[@:/?#\[\]\s]|%(?![0-9A-Fa-f]{2})")
"""Signs that may not stand in a URL's password as they are."""


def _parsed(value: object) -> re.Match[str]:
    example = _("wants a database URL such as postgresql://user@host/database")
    if not isinstance(value, str):
        raise Wrong(example)
    found = _URL.fullmatch(value)
    if not found or any(ord(char) < ord(" ") for char in value):
        dialect = value.partition(":")[0]
        hint = (
            ""
            if "://" in value
            else _("no `://` after the kind of database; {hint}").format(hint=nearest(dialect, DRIVERS))
        )
        raise Wrong(example, hint or _TABLE)
    _refuse_raw(found)
    if found["port"] and int(found["port"][:6]) > _HIGHEST_PORT:
        raise Wrong(_("the URL's port is above 65535"))
    dialect = found["dialect"].lower()
    if dialect != "sqlite" and not (found["host"] or found["six"] or found["database"] or found["query"]):
        raise Wrong(_("the URL names no host and no database"))
    return found


def _refuse_raw(found: re.Match[str]) -> None:
    """Refuse a password with signs that part a URL: SQLAlchemy would read some of them as another host."""
    password = found["password"]
    if password is None:
        return
    behind = found.string[found.end("password") + 1 :]
    if _RAW.search(password) or "@" in behind:
        raise Wrong(_("the URL's password holds a sign that has another meaning in a URL"), _TABLE)
    if any(ord(char) < ord(" ") or char in "\x7f\ufffd" for char in unquote(password)):
        raise Wrong(_("the URL's password holds a `%` that stands for no sign"), _TABLE)


def database_url(value: object) -> SecretStr:
    """Any SQLAlchemy URL of a kind and driver that there are.

    `postgresql://` means psycopg, `mysql://` and `mariadb://` mean PyMySQL, `oracle://` means oracledb.
    """
    found = _parsed(value)
    _refuse_unknown(found["dialect"].lower(), found["driver"])
    return SecretStr(_with_driver(found))


def _refuse_unknown(kind: str, driver: str | None) -> None:
    """Refuse an unknown kind or driver without showing it: it may be anything. Raises Wrong."""
    if kind not in DRIVERS and kind not in (known := kinds()):
        raise Wrong(
            _("the URL begins with an unknown kind of database; there are {known}").format(
                known=", ".join(known)
            ),
            nearest(kind, known, every=False)
            or _("another needs its SQLAlchemy dialect installed with syncd"),
        )
    if driver and driver not in DRIVERS.get(kind, ()) and driver not in (drivers := drivers_of(kind)):
        usable = (
            _("there are {drivers}").format(drivers=", ".join(drivers))
            if drivers
            else _("{kind} has but one, which is not named").format(kind=kind)
        )
        raise Wrong(
            _("the URL names no driver of {kind} that syncd can use; {usable}").format(
                kind=kind, usable=usable
            ),
            nearest(driver, drivers, every=False),
        )


def _with_driver(found: re.Match[str]) -> str:
    dialect, url = found["dialect"].lower(), found.string
    driver = found["driver"] or (next(iter(DRIVERS[dialect])) if dialect in _NAMED else None)
    rest = url[url.index("://") :]
    return str(f"{dialect}+{driver}{rest}" if driver else f"{dialect}{rest}")


def has_password(url: SecretStr) -> bool:
    """Whether the URL itself holds a password."""
    found = _URL.fullmatch(url.get_secret_value())
    return bool(found and found["password"])


def kind_of(url: SecretStr) -> str:
    """The kind of database that the URL names, such as `postgresql`."""
    return url.get_secret_value().partition(":")[0].partition("+")[0].lower()


def can_notify(url: SecretStr) -> bool:
    """Whether the database has NOTIFY, and its driver can listen."""
    return url.get_secret_value().partition(":")[0].lower() in {"postgresql", "postgresql+psycopg"}


def in_folder(url: SecretStr, folder: Path) -> SecretStr:
    """The URL with the path of a database file, if it is relative, counted from `folder`."""
    found = _URL.fullmatch(url.get_secret_value())
    path = (found and found["database"]) or ""
    if found is None or kind_of(url) not in _IN_FILES or not path or path.startswith((":", "/", "md:")):
        return url
    prefix = "file:" if path.startswith("file:") else ""
    if path.startswith("file:/") or "?" in str(folder):
        return url
    text, begin = found.string, found.start("database")
    return SecretStr(
        f"{text[:begin]}{prefix}{folder / path.removeprefix(prefix)}{text[found.end('database') :]}"
    )


def state_url(value: object) -> SecretStr:
    """SQLite in a file, or PostgreSQL with psycopg."""
    found = _parsed(value)
    kind = (found["dialect"].lower(), found["driver"])
    if kind in {("postgresql", None), ("postgresql", "psycopg")}:
        return SecretStr(_with_driver(found))
    if kind not in {("sqlite", None), ("sqlite", "pysqlite")}:
        raise Wrong(
            _("the state store is SQLite (sqlite:///file.db) or PostgreSQL (postgresql://user@host/database)")
        )
    if found["host"] or found["user"]:
        raise Wrong(_("a SQLite URL has no host"), _("sqlite:///relative.db or sqlite:////absolute/path.db"))
    if found["database"] in {None, "", ":memory:"}:
        raise Wrong(
            _("a state store in memory would forget what was delivered"),
            _("sqlite:///syncd-state.db keeps it in a file"),
        )
    return SecretStr(_with_driver(found))


def api_url(value: object) -> str:
    """The API's base: http or https, without a trailing slash."""
    example = _("wants a URL such as https://api-metrika.yandex.net")
    if not isinstance(value, str) or any(char.isspace() for char in value):
        raise Wrong(example + ("" if isinstance(value, str) else but_got(value)))
    try:
        parts = urlsplit(str(value))
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Wrong(example) from None
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        raise Wrong(example, _("it begins with https:// or http://"))
    if parts.username is not None or parts.password is not None:
        raise Wrong(_("the URL may not hold a user or a password"), _("the token stands in metrica.token"))
    if "?" in value or "#" in value:
        raise Wrong(_("the URL may not hold a query or a fragment (? or #)"))
    return str(value).rstrip("/")


def alert_urls(value: object) -> tuple[SecretStr, ...]:
    """Apprise URLs. Never shown: most hold a password or a token."""
    items = value if isinstance(value, list) else [value]
    if not items:
        raise Wrong(_("wants at least one URL, not an empty list"))
    for item in items:
        if not isinstance(item, str) or not _ANY_URL.fullmatch(item):
            raise Wrong(
                _("wants URLs such as mailto://, tgram:// or json://"), _("see docs/configuration.md, alerts")
            )
    return tuple(SecretStr(str(item)) for item in items)
