"""Commands tell people everything in their language, and scripts what they always told."""

from __future__ import annotations

import json
import re
import sqlite3

import pytest

from syncd.emulator.server import EmulatorServer
from tests.support.fix_cli import Cli

RUSSIAN = {"LANG": "ru_RU.UTF-8", "LC_ALL": "", "LANGUAGE": ""}
LETTERS = re.compile("[\u0400-\u04ff]")
WITH_REJECTS = 3


@pytest.fixture
def shop(cli: Cli, emulator: EmulatorServer) -> Cli:
    """A query with a row that can be sent and one that cannot."""
    with sqlite3.connect(cli.folder / "shop.db") as database:
        database.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, client TEXT, at INTEGER)")
        database.execute("INSERT INTO orders VALUES (1, '123456', 1767225600), (2, 'GA1.2.9', 1767225600)")
    cli.configure(
        f"""
        metrica: {{token: t, api_url: "{emulator.url}"}}
        databases: {{shop: {{url: "sqlite:///{cli.folder}/shop.db"}}}}
        queries:
          orders:
            counter: 1
            id_type: CLIENT_ID
            sql: SELECT id, client, at FROM orders
            columns: {{ClientId: client, Target: {{value: order_paid}}, DateTime: at}}
            mark: [id]
            key: [id]
        """
    )
    return cli


def test_people_are_told_in_russian(shop: Cli) -> None:
    """Status, check, explain, rejects: by LANG or by --lang, with the same exit codes."""
    assert shop.run("run", "--once", "--lang", "ru").returncode == WITH_REJECTS
    told = {
        "status": shop.run("status", **RUSSIAN),
        "check": shop.run("--lang", "ru", "check"),
        "explain": shop.run("explain", "orders", "2", "--lang=ru"),
        "rejects": shop.run("rejects", "list", "orders", **RUSSIAN),
    }
    for command, done in told.items():
        assert done.returncode == 0, command
        assert "{" not in done.stdout, command
    assert "строк, которые нельзя отправить как есть: 1" in told["status"].stdout
    assert "успешно" in told["status"].stdout
    assert "1 запрос: 0 ошибок" in told["check"].stdout
    assert "что делать: Храните идентификатор" in told["explain"].stdout
    assert "id_not_digits" in told["rejects"].stdout


def test_scripts_are_told_what_they_always_were(shop: Cli) -> None:
    """JSON is the same in every language, and a language that there is none of is English."""
    shop.run("run", "--once")
    russian, english = (shop.run("explain", "orders", "2", "--json", **one) for one in (RUSSIAN, {}))
    assert russian.stdout == english.stdout
    assert not LETTERS.search(shop.run("check", "--json", **RUSSIAN).stdout)
    assert not LETTERS.search(shop.run("status", "--json", "--lang", "ru").stdout)
    german, english = (shop.run("explain", "orders", "2", LANG=one) for one in ("de_DE.UTF-8", "C.UTF-8"))
    assert german.stdout == english.stdout
    assert not LETTERS.search(german.stdout)


def test_the_log_stays_english(shop: Cli) -> None:
    """What a run logs and keeps is the same in every language."""
    done = shop.run("run", "--once", **RUSSIAN)
    events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert events
    assert not LETTERS.search(json.dumps(events, ensure_ascii=False))


def test_mistakes_of_the_file_are_told_in_russian(cli: Cli) -> None:
    """Each problem, its hint, how many there are, and what to do."""
    cli.configure("metrica: {token: t}\nqueris: {a: {counter: x}}\n")
    for words in ("check", "run --once"):
        done = cli.run(*words.split(), **RUSSIAN)
        assert done.returncode == 2
        assert "неизвестный ключ (может быть, queries?)" in done.stderr
        assert re.search(r"syncd: \d+ ошибк[аи] в конфигурации", done.stderr)


def test_errors_say_in_russian_what_to_do(shop: Cli) -> None:
    """A query, a language and an option that there are not; a state store that is not there yet."""
    wrong = shop.run("status", "ordrs", **RUSSIAN)
    assert wrong.returncode == 2
    assert "нет запроса 'ordrs'" in wrong.stderr
    assert "может быть, orders?" in wrong.stderr
    assert "что делать: См. `syncd --help`." in wrong.stderr
    unknown = shop.run("status", "--lang", "xx")
    assert unknown.returncode == 2
    assert "'xx' is not one of 'en', 'ru'" in unknown.stderr
    option = shop.run("status", "--jsn", **RUSSIAN)
    assert option.returncode == 2
    assert "нет параметра '--jsn'" in option.stderr
    missed = shop.run("explain", "orders", "77", **RUSSIAN)
    assert missed.returncode == 1
    assert "что делать: Проверьте, что файл или сервер хранилища" in missed.stderr


def test_a_secret_that_is_not_set_is_no_matter_in_any_language(shop: Cli) -> None:
    """Commands that speak to nobody need no token, whatever the language of the message about it."""
    text = (
        (shop.folder / "config.yaml").read_text(encoding="utf-8").replace("token: t", 'token: "${NOT_SET}"')
    )
    shop.configure(text)
    assert shop.run("status", **RUSSIAN).returncode == 0
    assert "в окружении не задана NOT_SET" in shop.run("check", "--offline", **RUSSIAN).stderr
