"""Tokens and passwords are in no output of any command, whatever goes wrong, nor in what is stored."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.acceptance.template import Template
from tests.support.fix_cli import TOKEN, Cli
from tests.support.servers import Database

FILE_TOKEN = "y0_another+token/in=a.file"
PASSWORD = "p@ss w/rd:%41!"
"""Differs from its spelling in a URL, and holds what breaks careless parsers."""
FILE_PASSWORD = "file-pässword#42"
OPTION_PASSWORD = "opt!on secret"

SECRETS = {
    spelling
    for secret in (TOKEN, FILE_TOKEN, PASSWORD, FILE_PASSWORD, OPTION_PASSWORD)
    for spelling in (secret, quote(secret, safe=""), quote(secret), secret.encode().hex())
}

COMMANDS = (
    ("check",),
    ("check", "--json"),
    ("check", "--offline"),
    ("preview", "direct"),
    ("preview", "by_file"),
    ("preview", "optional"),
    ("preview", "from_file"),
    ("run", "--once"),
    ("run", "--once", "--json"),
    ("status",),
    ("status", "--json"),
    ("rejects", "list", "direct"),
    ("migrate",),
    ("schema",),
)


def leaks(text: str) -> list[str]:
    """The secrets that a text holds, in any spelling."""
    return [secret for secret in SECRETS if secret in text]


def files(folder: Path) -> dict[str, str]:
    """The content of all files that syncd wrote."""
    given = {"config.yaml", "token", "password", "source.db", "source.db-wal", "source.db-shm"}
    return {
        path.name: path.read_bytes().decode("utf-8", "replace")
        for path in folder.iterdir()
        if path.name not in given
    }


@pytest.fixture
def ready(cli: Cli, sqlite_db: Database, emulator: EmulatorServer) -> Cli:
    """Queries on a good database and on three that refuse, each with its password in another place."""
    shop.open_shop(sqlite_db)
    shop.sell(sqlite_db, 1, 3)
    cli.folder.joinpath("token").write_text(f"{FILE_TOKEN}\n", encoding="utf-8")
    cli.folder.joinpath("password").write_text(f"{FILE_PASSWORD}\n", encoding="utf-8")
    databases = {
        "direct": {"url": f"postgresql+psycopg://u:{quote(PASSWORD, safe='')}@127.0.0.1:1/x"},
        "by_file": {"url": "mysql+pymysql://u@127.0.0.1:1/x", "password_file": str(cli.folder / "password")},
        "optional": {"url": f"postgresql://u@127.0.0.1:1/x?password={quote(OPTION_PASSWORD, safe='')}"},
    }
    queries = {
        **shop.query("good", database="shop"),
        **shop.query("from_file", database="shop", token_file=str(cli.folder / "token")),
        **shop.query("direct", database="direct"),
        **shop.query("by_file", database="by_file"),
        **shop.query("optional", database="optional"),
    }
    cli.configure(shop.configuration(sqlite_db, emulator.url, queries, databases=databases))
    return cli


def test_no_command_shows_a_secret(ready: Cli, template: Template) -> None:
    """With everything at debug level, databases that are down and tokens that work."""
    for command in COMMANDS:
        _, said = template.run(ready.folder, *command)
        assert "Traceback" not in said, command
        assert not leaks(said), command
    for name, text in files(ready.folder).items():
        assert not leaks(text), name


@pytest.mark.parametrize(
    "fault", ["wrong token", "access_denied", "hang up", "bad JSON", "redirect", "nobody"]
)
def test_no_fault_of_metrica_brings_one_out(
    ready: Cli, template: Template, emulator: EmulatorServer, fault: str
) -> None:
    """Refusals, cuts, redirects, nonsense: no text about them quotes the token."""
    match fault:
        case "wrong token":
            emulator.configure(tokens=["neither of them"])
        case "access_denied":
            emulator.fault("refuse", status=403, error_type="access_denied", on="any", message=f"no {TOKEN}")
        case "hang up":
            emulator.fault("drop_before", on="any")
        case "bad JSON":
            emulator.fault("bad_json", on="any", text=f"<html>OAuth {TOKEN}</html>")
        case "redirect":
            emulator.fault("redirect", on="any", location=f"http://x/?token={TOKEN}")
        case _:
            emulator.stop()

    for command in (
        ("check", "--query", "good", "--query", "from_file"),
        ("run", "--once", "--query", "good"),
    ):
        code, said = template.run(ready.folder, *command)
        assert code == 1
        assert not leaks(said), said
        assert "Traceback" not in said
    for name, text in files(ready.folder).items():
        assert not leaks(text), name


def test_wrong_passwords_of_a_real_server(
    ready: Cli, template: Template, postgres: Database, emulator: EmulatorServer
) -> None:
    """The server's own refusal is told, the password is not."""
    url = postgres.reader_url.replace("correct-horse", quote(PASSWORD, safe=""))
    ready.configure(shop.configuration(Database(url, url), emulator.url, shop.query()))

    for command in (("check",), ("preview", "paid_orders"), ("run", "--once")):
        code, said = template.run(ready.folder, *command)
        assert code == 1
        assert "password authentication failed" in said
        assert not leaks(said)


def test_a_state_store_that_refuses(
    ready: Cli, template: Template, sqlite_db: Database, emulator: EmulatorServer
) -> None:
    """The password of `state.url` is in no message either."""
    state = {"url": f"postgresql://u:{quote(PASSWORD, safe='')}@127.0.0.1:1/x"}
    ready.configure(shop.configuration(sqlite_db, emulator.url, shop.query(), state=state))

    for command in (
        ("status",),
        ("run", "--once"),
        ("check",),
        ("migrate",),
        ("rejects", "list", "paid_orders"),
    ):
        code, said = template.run(ready.folder, *command)
        assert code == 1
        assert not leaks(said), said


def test_mistakes_in_the_file_do_not_quote_secrets(ready: Cli) -> None:
    """Whatever is wrong with the value of a secret key, its text is not repeated."""
    ready.configure(
        f"""
        metrica: {{token: "{TOKEN} {TOKEN}", tokn: "{TOKEN}"}}
        databases:
          a: {{url: "{PASSWORD}", password: "{FILE_PASSWORD}"}}
          b: {{url: "nosuch://u:{quote(PASSWORD, safe="")}@h/x"}}
          c: {{url: "postgresql://u:{quote(PASSWORD, safe="")}@h:port/x"}}
        queries: {{}}
        """
    )

    done = ready.run("check")

    assert done.returncode == 2
    assert not leaks(done.stdout + done.stderr), done.stderr


def test_the_endpoints_show_none(ready: Cli) -> None:
    """Status, metrics and page of a daemon with failing queries; and its log at debug level."""
    path = ready.folder / "config.yaml"
    text = path.read_text(encoding="utf-8").replace('"http": null', '"http": {"listen": "127.0.0.1:0"}')
    path.write_text(text, encoding="utf-8")
    daemon = ready.start("run")
    url = daemon.wait_for("http_listening")["url"]
    daemon.wait_for_each("query_failed", "upload_accepted")

    for place in ("/", "/api/status", "/metrics", "/healthz"):
        with urllib.request.urlopen(f"{url}{place}", timeout=10) as answer:  # noqa: S310 — the daemon's own address
            assert not leaks(answer.read().decode())

    assert daemon.stop() == 0
    assert not leaks("".join(daemon.lines))


def test_check_warns_of_what_others_may_read(ready: Cli) -> None:
    """A token file that everybody may read, and an address without TLS."""
    token, path = ready.folder / "token", ready.folder / "config.yaml"
    token.chmod(0o644)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("http://127.0.0.1", "http://metrica.example"), encoding="utf-8")

    said = [finding["message"] for finding in ready.json("check", "--offline")["findings"]]

    assert any(f"{token} holds a secret and can be read by everybody" in message for message in said)
    assert any("unencrypted" in message for message in said)
    token.chmod(0o600)
    assert not any(
        str(token) in finding["message"] for finding in ready.json("check", "--offline")["findings"]
    )


def test_a_secret_that_the_file_does_not_hold(cli: Cli, sqlite_db: Database) -> None:
    """A token of the environment, however short; not one that is written down."""
    for token, warned in (("${METRICA_TOKEN}", False), ("to", True)):
        cli.configure(
            shop.configuration(sqlite_db, "http://127.0.0.1:1", shop.query(), metrica={"token": token})
        )
        (cli.folder / "config.yaml").chmod(0o644)
        done = cli.run("check", "--offline", METRICA_TOKEN="to")
        assert ("holds a secret" in done.stdout) == warned


def test_no_core_file_of_it(command: Cli, sqlite_db: Database, emulator: EmulatorServer) -> None:
    """A running daemon may leave none, however it dies."""
    shop.open_shop(sqlite_db)
    command.configure(shop.configuration(sqlite_db, emulator.url, shop.query()))
    daemon = command.start("run")
    daemon.wait_for("daemon_started")
    limits = Path(f"/proc/{daemon.process.pid}/limits").read_text(encoding="ascii")
    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)
    assert daemon.stop() == 0


def test_a_raw_sign_in_a_password_shows_nothing_of_it(cli: Cli) -> None:
    """The file is refused by every command with the table of escapes, and no part of the URL is repeated."""
    cli.configure(
        """\
        metrica: {token: abcdef}
        databases: {shop: {url: "postgresql://u:c0rrect@h0rse#battery@127.0.0.1:1/shop"}}
        http: {listen: null}
        queries: {orders: {counter: 5, id_type: CLIENT_ID, sql: SELECT 1, mark: id}}
        """
    )
    for command in (("check", "--offline"), ("check", "--json"), ("run", "--once"), ("status",)):
        done = cli.run(*command)
        said = done.stdout + done.stderr
        assert done.returncode == 2, said
        assert "@ as %40" in said
        assert not [part for part in ("c0rrect", "h0rse", "battery") if part in said]
