"""Every mistake is told with its line, its path, plain words and the nearest right spelling."""

from __future__ import annotations

import pytest

from syncd.config import parse
from syncd.model.errors import ConfigError, Problem

BASE = """\
metrica:
  token: t0k3n
  timeout: 60s
databases:
  crm:
    url: postgresql://u:pa55word@h/crm
    timezone: Europe/Moscow
queries:
  one:
    database: crm
    counter: 5
    id_type: CLIENT_ID
    sql: SELECT 1
    columns:
      ClientId: cid
    mark: [updated_at, id]
    every: 5m
"""
SECRETS = ("t0k3n", "pa55word", "s3cr3t")


def problems(text: str, **environ: str) -> list[Problem]:
    """What is wrong with the text; no secret is in it."""
    with pytest.raises(ConfigError) as caught:
        parse(text, "f.yaml", environ)
    assert not any(secret in str(caught.value) for secret in SECRETS)
    assert caught.value.__cause__ is None
    return caught.value.problems


def test_the_base_is_right() -> None:
    """The file that the mistakes are put into has none."""
    assert parse(BASE, "f.yaml", {}).queries


# (what is replaced, by what, line, path, words of the message, words of the hint)
MISTAKES = [
    # constants
    *(
        (
            "      ClientId: cid",
            f"      ClientId: cid\n      {column}: {{value: {value}}}",
            16,
            path,
            message,
            "Rows",
        )
        for column, value, message in (
            ("Target", "''", "cannot be sent: text empty"),
            ("Price", "-5", "cannot be sent: price negative"),
            ("Currency", "zzz", "cannot be sent: currency"),
        )
        for path in (f"queries.one.columns.{column}",)
    ),
    # names
    ("  timeout:", "  timeoutt:", 3, "metrica.timeoutt", "unknown key", "did you mean timeout?"),
    ("queries:", "queriez:", 8, "queriez", "unknown key", "did you mean queries?"),
    ("    sql: SELECT 1", "    SQL: SELECT 1", 13, "queries.one.SQL", "unknown key", "did you mean sql?"),
    ("    url:", "    uri:", 6, "databases.crm.uri", "unknown key", "did you mean url?"),
    ("  timeout: 60s", "  every: 60s", 3, "metrica.every", "unknown key", "belongs under defaults"),
    ("      ClientId", "      clientid", 15, "queries.one.columns.clientid", "no such column", "ClientId?"),
    ("      ClientId", "      Client", 15, "queries.one.columns.Client", "no such column", "ClientId?"),
    ("database: crm", "database: cmr", 10, "queries.one.database", "no such database", "did you mean crm?"),
    ("  one:", "  Paid Orders:", 9, "queries.Paid Orders", "1 to 64 characters", "did you mean paid_orders?"),
    ("  one:", "  ж:", 9, "queries.ж", "1 to 64 characters", ""),
    ("  one:", f"  {'q' * 65}:", 9, "queries." + "q" * 59 + "…", "1 to 64 characters", "q?"),
    (
        "Europe/Moscow",
        "Europe/Moskow",
        7,
        "databases.crm.timezone",
        "time zone",
        "did you mean Europe/Moscow?",
    ),
    (
        "Europe/Moscow",
        "europe/moscow",
        7,
        "databases.crm.timezone",
        "time zone",
        "did you mean Europe/Moscow?",
    ),
    ("Europe/Moscow", "+03:00", 7, "databases.crm.timezone", "time zone", ""),
    ("Europe/Moscow", "../../etc/passwd", 7, "databases.crm.timezone", "time zone", ""),
    ("Europe/Moscow", "Europe", 7, "databases.crm.timezone", "time zone", ""),
    # kinds of values
    ("every: 5m", "every: 5", 17, "queries.one.every", "such as 30s, 5m, 12h, 21d, not 5", "5m"),
    ("every: 5m", "every: 5 minutes", 17, "queries.one.every", 'not "5 minutes"', "did you mean 5m?"),
    ("every: 5m", "every: 1w", 17, "queries.one.every", "wants a duration", ""),
    ("every: 5m", "every: 0s", 17, "queries.one.every", "longer than nothing", ""),
    ("every: 5m", "every: 999999999d", 17, "queries.one.every", "at most ten years", ""),
    ("every: 5m", "every:", 17, "queries.one.every", "not nothing", ""),
    ("every: 5m", "every: [5m]", 17, "queries.one.every", "not a list", ""),
    ("every: 5m", "every: -5m", 17, "queries.one.every", "wants a duration", ""),
    ("every: 5m", "cron: '* * * *'", 17, "queries.one.cron", "five fields", ""),
    ("every: 5m", "cron: '* * * * * *'", 17, "queries.one.cron", "five fields", "no field for seconds"),
    ("every: 5m", "cron: '0 0 30 2 *'", 17, "queries.one.cron", "day-of-month", ""),
    ("every: 5m", "cron: '61 * * * *'", 17, "queries.one.cron", "bad minute", ""),
    ("every: 5m", "cron: 'L * 1-L * LW'", 17, "queries.one.cron", "five fields", ""),
    ("every: 5m", "enabled: yes", 17, "queries.one.enabled", "wants true or false", "did you mean true"),
    ("every: 5m", "enabled: 1", 17, "queries.one.enabled", "wants true or false, not 1", ""),
    ("every: 5m", "chunk_rows: 0", 17, "queries.one.chunk_rows", "from 1 to 10000000, not 0", ""),
    ("every: 5m", "chunk_rows: 50_000", 17, "queries.one.chunk_rows", "whole number", "did you mean 50000?"),
    ("every: 5m", "chunk_rows: 10000001", 17, "queries.one.chunk_rows", "from 1 to 10000000", ""),
    ("every: 5m", "chunk_rows: 1.5", 17, "queries.one.chunk_rows", "whole number", ""),
    ("every: 5m", "chunk_rows: true", 17, "queries.one.chunk_rows", "whole number", ""),
    ("every: 5m", "reject_limit: 0", 17, "queries.one.reject_limit", "from 1 on, not 0", ""),
    (
        "every: 5m",
        "on_change: resnd",
        17,
        "queries.one.on_change",
        "ignore or resend",
        "did you mean resend?",
    ),
    ("every: 5m", "overlap: atuo", 17, "queries.one.overlap", "auto or a duration", "did you mean auto?"),
    ("every: 5m", "overlap: 5", 17, "queries.one.overlap", "auto or a duration", "5s"),
    (
        "every: 5m",
        "start: beginnnning",
        17,
        "queries.one.start",
        "wants beginning",
        "did you mean beginning?",
    ),
    ("every: 5m", "start: Now", 17, "queries.one.start", "wants beginning", "did you mean now?"),
    ("every: 5m", "start: true", 17, "queries.one.start", "wants beginning", ""),
    ("every: 5m", "start: 0012", 17, "queries.one.start", "leading zeros", "quotes"),
    ("every: 5m", "start: 0.12345678901234567891", 17, "queries.one.start", "more digits", "quotes"),
    ("every: 5m", "start: .inf", 17, "queries.one.start", "finite", ""),
    ("every: 5m", "start: .NaN", 17, "queries.one.start", "finite", ""),
    ("every: 5m", "start: 1e999", 17, "queries.one.start", "too large", ""),
    ("every: 5m", "start: 1" + "0" * 5000, 17, "queries.one.start", "100 characters", ""),
    ("every: 5m", "key: []", 17, "queries.one.key", "at least one", ""),
    ("every: 5m", "key: [a, a]", 17, "queries.one.key", "names a twice", ""),
    ("every: 5m", "key: [a, 5]", 17, "queries.one.key", "not 5", ""),
    ("every: 5m", "key: ''", 17, "queries.one.key", "not an empty text", ""),
    ("counter: 5", "counter: abc", 11, "queries.one.counter", 'whole number from 1 on, not "abc"', ""),
    ("counter: 5", "counter: -5", 11, "queries.one.counter", "not -5", ""),
    ("counter: 5", "counter: 99999999999999999999", 11, "queries.one.counter", "whole number", ""),
    (
        "id_type: CLIENT_ID",
        "id_type: CLIENTID",
        12,
        "queries.one.id_type",
        "CLIENT_ID",
        "did you mean CLIENT_ID?",
    ),
    ("id_type: CLIENT_ID", "id_type: []", 12, "queries.one.id_type", "at least one of CLIENT_ID", ""),
    (
        "id_type: CLIENT_ID",
        "id_type: [CLIENT_ID, CLIENT_ID]",
        12,
        "queries.one.id_type",
        "CLIENT_ID twice",
        "",
    ),
    ("sql: SELECT 1", "sql: '  '", 13, "queries.one.sql", "is empty", ""),
    ("sql: SELECT 1", "sql: 5", 13, "queries.one.sql", "wants text, not 5", "quotes"),
    ("ClientId: cid", "ClientId: 5", 15, "queries.one.columns.ClientId", "not 5", "{value: 5}"),
    (
        "ClientId: cid",
        "Target: {valeu_: x}",
        15,
        "queries.one.columns.Target",
        "{value: constant}",
        "`value`",
    ),
    ("ClientId: cid", "Target: {value: true}", 15, "queries.one.columns.Target", "text or a number", ""),
    ("ClientId: cid", "Price: {value: null}", 15, "queries.one.columns.Price", "not nothing", "null alone"),
    ("ClientId: cid", "Price: {value: }", 15, "queries.one.columns.Price", "not nothing", "null alone"),
    (
        "ClientId: cid",
        "Target: null",
        15,
        "queries.one.columns.Target",
        "cannot be left out",
        "remove the line",
    ),
    ("ClientId: cid", "DateTime: ~", 15, "queries.one.columns.DateTime", "cannot be left out", "by its name"),
    ("ClientId: cid", "Target: {value: [a]}", 15, "queries.one.columns.Target", "text or a number", ""),
    ("mark: [updated_at, id]", "mark: {a: b}", 16, "queries.one.mark", "not keys and values", ""),
    # secrets
    ("t0k3n", "''", 2, "metrica.token", "is empty", ""),
    ("t0k3n", "s3cr3t s3cr3t", 2, "metrica.token", "spaces or line breaks", ""),
    ("t0k3n", "s3cr3tж", 2, "metrica.token", "characters that no token has", ""),
    ("t0k3n", '"s3cr3t\\x7f"', 2, "metrica.token", "characters that no token has", ""),
    ("t0k3n", "OAuth s3cr3t", 2, "metrica.token", "wanted alone", ""),
    ("t0k3n", "[s3cr3t]", 2, "metrica.token", "wants text", "quotes"),
    ("t0k3n", "*s3cr3t", 2, "metrica.token", "names no anchor", "quote"),
    ("t0k3n", "!s3cr3t x", 2, "metrica.token", "tags", "remove"),
    ("t0k3n", "@s3cr3t", 2, "metrica.token", "cannot begin with @", "quotes"),
    # URLs
    (
        "postgresql://u:pa55word@h/crm",
        "postgres://u:pa55word@h/crm",
        6,
        "databases.crm.url",
        "unknown kind",
        "postgresql?",
    ),
    *(
        ("postgresql://u:pa55word@h/crm", f"{kind}://u:pa55word@h/crm", 6, "databases.crm.url", words, hint)
        for kind, words, hint in (
            (
                "nosuch",
                "there are clickhousedb, duckdb, firebird, mariadb, mssql, mysql, oracle, postgresql, sqlite",
                "dialect",
            ),
            ("mysq1", "unknown kind", "did you mean mysql?"),
            ("clickhouse", "unknown kind", "did you mean clickhousedb?"),
            ("mysql+pymsql", "no driver of mysql that syncd can use; there are pymysql", "mean pymysql?"),
            ("postgresql+nosuch", "there are psycopg, psycopg2, psycopg2cffi, pg8000", ""),
            ("postgresql+asyncpg", "no driver of postgresql that syncd can use", ""),
            ("mysql+PyMySQL", "no driver of mysql", "did you mean pymysql?"),
        )
    ),
    ("postgresql://u:pa55word@h/crm", "u:pa55word@h/crm", 6, "databases.crm.url", "database URL", "://"),
    ("postgresql://u:pa55word@h/crm", "postgresql://", 6, "databases.crm.url", "no host and no database", ""),
    (
        "postgresql://u:pa55word@h/crm",
        "postgresql://u:pa55word@h:x/crm",
        6,
        "databases.crm.url",
        "database URL",
        "%40",
    ),
    ("postgresql://u:pa55word@h/crm", "mysql://h:99999/crm", 6, "databases.crm.url", "port", ""),
    ("postgresql://u:pa55word@h/crm", "[pa55word]", 6, "databases.crm.url", "database URL", ""),
    ("timeout: 60s", "api_url: ftp://h", 3, "metrica.api_url", "wants a URL", "https://"),
    ("timeout: 60s", "api_url: https://u:pa55word@h", 3, "metrica.api_url", "user or a password", ""),
    ("timeout: 60s", "api_url: https://h/?a=s3cr3t", 3, "metrica.api_url", "query", ""),
    ("timeout: 60s", "api_url: 'https://[h'", 3, "metrica.api_url", "wants a URL", ""),
    ("timeout: 60s", "api_url: https://h:99999", 3, "metrica.api_url", "wants a URL", ""),
    # between keys
    ("  timeout: 60s", "  token_file: /x", 3, "metrica.token_file", "both given", "leave one"),
    ("  token: t0k3n\n", "", 1, "metrica", "token or token_file is missing", "METRICA_TOKEN"),
    ("every: 5m", "every: 5m\n    cron: '* * * * *'", 18, "queries.one.cron", "both given", "leave one"),
    ("    counter: 5\n    id_type: CLIENT_ID\n", "", 9, "queries.one", "counter, id_type are missing", ""),
    (
        "    url:",
        "    password_file: /x\n    url:",
        6,
        "databases.crm.password_file",
        "in url and in password_file",
        "",
    ),
    ("    url: postgresql://u:pa55word@h/crm\n", "", 5, "databases.crm", "url is missing", "postgresql://"),
    (
        "ClientId: cid",
        "UserId: uid",
        15,
        "queries.one.columns.UserId",
        "does not name USER_ID",
        "add USER_ID",
    ),
    ("ClientId: cid", "ClientId: null", 14, "queries.one.columns", "every id", ""),
    # YAML
    ("counter: 5", "counter: 5\n    counter: 6", 12, "queries.one.counter", "twice, first in line 11", ""),
    ("queries:", "databases: {}\nqueries:", 8, "databases", "twice, first in line 4", ""),
    ("    counter", "\tcounter", 11, "", "tab", "spaces"),
    ("counter: 5", "counter: 5: 6", 11, "", "a second `: `", "quotes"),
    ("sql: SELECT 1", "sql: 'SELECT", 13, "", "not closed", "same quote"),
    ("counter: 5", "counter: [5", 11, "", "`[` that begins here", "`]`"),
    ("queries:", "---\nqueries:", 8, "", "more than one YAML document", "---"),
    ("mark: [updated_at, id]", "mark: &m [*m]", 16, "queries.one.mark", "inside its own anchor", ""),
    ("mark: [updated_at, id]", "mark: " + "[" * 50, 16, "queries.one.mark", "levels deep", ""),
    ("mark: [updated_at, id]", "? [a]\n    : b", 16, "queries.one", "a key must be text", ""),
    ("sql: SELECT 1", 'sql: "a\\0b"', 13, "queries.one.sql", "no database or file", ""),
    ("sql: SELECT 1", "sql: a\0b", 13, "", "U+0000", ""),
    ("sql: SELECT 1", "<<: 5", 13, "queries.one", "`<<` takes a mapping", ""),
    ("  timeout: 60s", "  timeout: ${T}", 3, "metrica.timeout", "T is not set", "${T:-default}"),
    ("  timeout: 60s", "  timeout: ${T", 3, "metrica.timeout", "`${`", "${NAME}"),
    ("  timeout: 60s", "  timeout: ${1T}", 3, "metrica.timeout", "`${`", "${NAME}"),
    (
        "metrica:\n  token: t0k3n\n  timeout: 60s",
        "metrica: s3cr3t",
        1,
        "metrica",
        "keys and values below it",
        "",
    ),
]


@pytest.mark.parametrize(("old", "new", "line", "path", "message", "hint"), MISTAKES)
def test_one_mistake(old: str, new: str, line: int, path: str, message: str, hint: str) -> None:
    """The mistake is told where it stands, and no value that may be secret with it."""
    assert BASE.count(old) == 1
    found = problems(BASE.replace(old, new))
    there = [problem for problem in found if (problem.line, problem.path or path) == (line, path)]
    assert there, found
    assert any(message in problem.message and hint in problem.hint for problem in there), found


@pytest.mark.parametrize(
    ("added", "path", "message"),
    [
        ("http: {listen: 9188}", "http.listen", "wants host:port"),
        ("http: {listen: ':9188'}", "http.listen", "wants host:port"),
        ("http: {listen: '::1:9188'}", "http.listen", "wants host:port"),
        ("http: {listen: '[h]:9188'}", "http.listen", "wants host:port"),
        ("http: {listen: 'h:99999'}", "http.listen", "wants host:port"),
        ("log: {level: warn}", "log.level", "debug, info, warning or error"),
        ("log: {format: text}", "log.format", "json, console or auto"),
        ("state: {url: mysql://h/d}", "state.url", "SQLite"),
        ("state: {url: 'sqlite://'}", "state.url", "in memory"),
        ("state: {url: 'sqlite:///:memory:'}", "state.url", "in memory"),
        ("state: {url: 'sqlite://h/f.db'}", "state.url", "no host"),
        ("state: {schema: 'a-b'}", "state.schema", "schema's name"),
        ("defaults: {every: 5}", "defaults.every", "wants a duration"),
        ("token: t0k3n", "token", "unknown key"),
    ],
)
def test_mistakes_of_other_sections(added: str, path: str, message: str) -> None:
    """A section's mistakes are told in its own line."""
    found = problems(BASE + added + "\n")
    assert [(problem.line, problem.path) for problem in found] == [(18, path)]
    assert message in found[0].message


@pytest.mark.parametrize("text", ["", "\n# nothing\n", "---\n", "null", "~"])
def test_an_empty_file(text: str) -> None:
    """An empty file is told so, with where to look."""
    assert "the file is empty" in problems(text)[0].message


@pytest.mark.parametrize("text", ["[]", "5", "token y0_s3cr3t", "- a"])
def test_a_file_of_another_shape(text: str) -> None:
    """A file that is a list or a text is told so, without its content."""
    assert "keys and values" in problems(text)[0].message


def test_nothing_to_do() -> None:
    """A file with empty sections is told of everything that is missing."""
    paths = [problem.path for problem in problems("metrica:\ndatabases:\nqueries:\n")]
    assert paths == ["metrica", "databases", "queries"]


def test_which_database() -> None:
    """With several databases, a query names one."""
    text = BASE.replace("    database: crm\n", "").replace(
        "queries:", "  erp: {url: 'sqlite:///e.db'}\nqueries:"
    )
    found = problems(text)
    assert [(problem.path, problem.hint) for problem in found] == [("queries.one", "known: crm, erp")]


def test_aliases_of_aliases() -> None:
    """A few lines that would be billions of values are refused at once."""
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
    )
    assert any("aliases add up" in problem.message for problem in problems(bomb + BASE))


def test_what_the_environment_put_there_is_not_shown() -> None:
    """A wrong value from the environment is named by its place alone."""
    text = BASE.replace("every: 5m", "every: ${X}").replace("counter: 5", "counter: ${X}")
    text = text.replace("database: crm", "database: ${X}").replace("timeout: 60s", "api_url: ${X}")
    text = text.replace("mark: [updated_at, id]", "mark: [a, '${X}', '${X}']").replace(
        "Europe/Moscow", "${X}"
    )
    text = text.replace("CLIENT_ID", "${X}")
    found = problems(text + "http: {listen: '${X}'}\nlog: {level: '${X}'}", X="s3cr3t")
    assert len(found) == 9
