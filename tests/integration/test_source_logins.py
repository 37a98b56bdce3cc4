"""A wrong password locks no account: few tries, shared by all queries; another password is tried at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, literal, select

from syncd.model.errors import LoginRefused, SourceUnavailable
from syncd.model.settings import DatabaseSettings
from syncd.source import Engines
from syncd.source.logins import PAUSES, Logins, is_refusal
from tests.support.servers import Database
from tests.support.source import database_settings

RIGHT = "correct-horse"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A password file with a wrong password."""
    path = tmp_path / "password"
    path.write_text("wrong-horse\n", encoding="utf-8")
    return path


@pytest.fixture(params=["postgres", "mariadb"])
def settings(request: pytest.FixtureRequest, file: Path) -> DatabaseSettings:
    """The reader's database on a real server, its password in the file."""
    database: Database = request.getfixturevalue(request.param)
    given = database_settings(database.reader_url.replace(f":{RIGHT}", ""))
    return given.model_copy(update={"password_file": file})


@pytest.fixture
def engines(settings: DatabaseSettings) -> Iterator[Engines]:
    """Its engines."""
    engines = Engines({"shop": settings})
    yield engines
    engines.close()


def one(connection: Connection) -> object:
    """The least that can be asked."""
    return connection.execute(select(literal(1))).scalar_one()


def test_a_new_password_is_tried_at_once(engines: Engines, file: Path) -> None:
    """The refusal says how it goes on; the same password is not tried again, the right one is."""
    database = engines.database("shop")
    for _ in range(3):
        with pytest.raises(LoginRefused, match=r"here: .*(?i:denied|failed).*tried again in 1 min"):
            database.run("here", one)
    file.write_text(f"{RIGHT}\n", encoding="utf-8")
    assert database.run("here", one) == 1


def test_a_reload_tries_the_same_password_again(postgres: Database) -> None:
    """As when the account was mended on the other side."""
    settings = database_settings(postgres.reader_url.replace("reader:", "nobody:"))
    engines = Engines({"shop": settings})
    database = engines.database("shop")
    with pytest.raises(LoginRefused):
        database.run("here", one)
    postgres.run(f"CREATE ROLE nobody LOGIN PASSWORD '{RIGHT}'")
    try:
        with pytest.raises(LoginRefused):
            database.run("here", one)
        engines.change({"shop": settings})
        assert engines.database("shop") is database
        assert database.run("here", one) == 1
    finally:
        engines.close()
        postgres.run("DROP ROLE nobody")


def test_twenty_queries_make_one_attempt(mariadb: Database, file: Path) -> None:
    """On a server that blocks a user at the second wrong password, nobody is blocked."""
    mariadb.run(
        "CREATE USER strict@localhost IDENTIFIED BY 'correct-horse'",
        "GRANT SELECT ON *.* TO strict@localhost",
    )
    mariadb.run("SET GLOBAL max_password_errors = 2")
    url = mariadb.reader_url.replace(f"reader:{RIGHT}", "strict")
    engines = Engines({"shop": database_settings(url).model_copy(update={"password_file": file})})
    database = engines.database("shop")

    def attempt(_number: int) -> str:
        with pytest.raises(LoginRefused) as refused:
            database.run("here", one)
        return str(refused.value)

    try:
        with ThreadPoolExecutor(8) as pool:  # as many as the pool has connections
            said = list(pool.map(attempt, range(20)))
        assert all("Access denied" in text for text in said)
        file.write_text(RIGHT, encoding="utf-8")
        assert database.run("here", one) == 1
    finally:
        engines.close()
        mariadb.run("SET GLOBAL max_password_errors = 4294967295", "DROP USER strict@localhost")


def test_a_database_that_is_away_is_no_refusal(engines: Engines) -> None:
    """It is tried as often as queries want it."""
    del engines
    away = Engines({"shop": database_settings("postgresql+psycopg://reader:x@127.0.0.1:1/x")})
    for _ in range(2):
        with pytest.raises(SourceUnavailable) as error:
            away.database("shop").run("here", one)
        assert not isinstance(error.value, LoginRefused)
    away.close()


class Door:
    """A database that counts who knocks."""

    def __init__(self) -> None:
        """Nobody yet; the clock stands."""
        self.now, self.knocks, self.right = 0.0, 0, "right"

    def connect(self, password: str) -> str:
        """Let in with the right password only."""
        self.knocks += 1
        if password != self.right:
            raise psycopg.OperationalError('FATAL:  password authentication failed for user "reader"')
        return "in"


def test_four_tries_and_no_more() -> None:
    """With growing pauses; after the last only another password or a reset opens the way."""
    door = Door()
    logins = Logins(lambda: door.now)

    def attempt(password: str) -> str:
        return logins.attempt(password, lambda: door.connect(password))

    for tries, pause in enumerate(PAUSES, 1):
        for _ in range(3):
            with pytest.raises(LoginRefused, match="tried again in"):
                attempt("wrong")
        assert door.knocks == tries
        door.now += pause + 1
    for _ in range(3):
        with pytest.raises(LoginRefused, match="tried 4 times with the same password"):
            attempt("wrong")
        door.now += 1e9
    assert door.knocks == len(PAUSES) + 1 == 4
    with pytest.raises(LoginRefused, match="in 1 min"):
        attempt("wrong too")
    assert attempt("right") == "in"
    door.right = "newer"
    with pytest.raises(LoginRefused, match="in 1 min"):
        attempt("right")
    logins.reset()
    with pytest.raises(LoginRefused, match="in 1 min"):
        attempt("right")
    assert door.knocks == 8


def test_words_in_another_language() -> None:
    """PostgreSQL may speak Russian; a server that starts up refuses nobody."""
    russian = 'ВАЖНО:  пользователь "syncd" не прошёл проверку подлинности (по паролю)'
    assert is_refusal(psycopg.OperationalError(russian))
    assert not is_refusal(psycopg.OperationalError("FATAL:  the database system is starting up"))
    assert not is_refusal(OSError("no route"))
