"""What a right file means: defaults, overrides, names resolved."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from time import process_time
from zoneinfo import ZoneInfo

import pytest

from syncd.config import find_file, load, parse
from syncd.model import Column, IdKind
from syncd.model.errors import ConfigError
from syncd.model.settings import Constant, HttpSettings, LogSettings, MetricaSettings, Settings

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"
SMALL = """
metrica: {token: t0k3n}
databases:
  crm: {url: "postgresql://u@h/crm", timezone: Asia/Tokyo}
queries:
  one: {counter: 5, id_type: YCLID, sql: SELECT 1, mark: id}
"""


def read(text: str, **environ: str) -> Settings:
    """The settings a text means."""
    return parse(text, "f.yaml", environ)


def with_query(line: str, defaults: str = "{}") -> Settings:
    """The small file with another option in its query."""
    return read(SMALL.replace("mark: id}", f"mark: id, {line}}}") + f"defaults: {defaults}\n")


def test_the_example_loads() -> None:
    """The example file loads once the token is set, and says what docs/configuration.md says."""
    settings = load(EXAMPLE, environ={"METRICA_TOKEN": "t0k3n"})
    query = settings.queries["paid_orders"]
    assert query.id_type == (IdKind.CLIENT_ID,)
    assert query.columns == {
        Column.CLIENT_ID: "metrica_client_id",
        Column.TARGET: Constant(value="order_paid"),
        Column.DATETIME: "paid_at",
        Column.PRICE: "total",
        Column.CURRENCY: "currency",
    }
    assert (query.mark, query.key, query.key_is_default) == (("updated_at", "order_id"), ("order_id",), False)
    assert query.timezone == ZoneInfo("Europe/Moscow")
    assert query.token is not None
    assert query.token.get_secret_value() == "t0k3n"
    assert settings.state.url.get_secret_value() == "sqlite:////var/lib/syncd/state.db"
    assert EXAMPLE.read_text().splitlines()[query.line - 1].startswith("  paid_orders:")


def test_a_small_file_gets_the_documented_defaults() -> None:
    """What the file leaves out is what docs/configuration.md says."""
    settings = read(SMALL)
    query = settings.queries["one"]
    assert settings.http == HttpSettings()
    assert settings.log == LogSettings()
    assert settings.metrica == MetricaSettings(token=settings.metrica.token)
    assert settings.state.url.get_secret_value() == "sqlite:///syncd-state.db"
    assert settings.state.schema_name == "syncd"
    assert query.database == settings.databases["crm"]
    assert query.database.url.get_secret_value() == "postgresql+psycopg://u@h/crm"
    assert query.database.statement_timeout == timedelta(minutes=10)
    assert query.timezone == ZoneInfo("Asia/Tokyo")
    assert (query.mark, query.key, query.key_is_default) == (("id",), ("id",), True)
    assert (query.every, query.cron, query.longest_pause) == (timedelta(minutes=5), None, None)
    assert (query.start, query.overlap, query.on_change) == ("beginning", "auto", "ignore")
    assert (query.chunk_rows, query.reject_limit, query.enabled) == (50_000, 1000, True)


def test_a_zone_left_out_is_utc() -> None:
    """A database without a timezone has UTC."""
    settings = read(SMALL.replace(", timezone: Asia/Tokyo", ""))
    assert settings.queries["one"].timezone == ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("line", "defaults", "every", "cron"),
    [
        ("every: 1h", "{}", timedelta(hours=1), None),
        ("enabled: true", "{every: 2h}", timedelta(hours=2), None),
        ("every: 1h", "{cron: '0 0 * * *'}", timedelta(hours=1), None),
        ("cron: '0 * * * *'", "{every: 2h}", timedelta(hours=1), "0 * * * *"),
        ("enabled: true", "{cron: '0 0 * * *'}", timedelta(days=1), "0 0 * * *"),
    ],
)
def test_a_query_overrides_the_schedule(line: str, defaults: str, every: timedelta, cron: str | None) -> None:
    """A query's every or cron hides either of the defaults."""
    query = with_query(line, defaults).queries["one"]
    assert (query.every, query.cron) == (every, cron)


def test_cron_has_a_smallest_and_a_longest_pause() -> None:
    """Hourly in working hours: every is an hour, and the weekend is the longest pause."""
    query = with_query("cron: '0 9-18 * * 1-5'").queries["one"]
    assert query.every == timedelta(hours=1)
    assert query.longest_pause == timedelta(days=2, hours=15)


def test_a_query_overrides_the_token() -> None:
    """A query's token_file hides metrica's token, so at most one of the two is set."""
    query = with_query("token_file: /run/t").queries["one"]
    assert (query.token, query.token_file) == (None, Path("/run/t"))


def test_metrica_needs_no_token_when_queries_have_their_own() -> None:
    """The token may stand in each enabled query instead; disabled ones need none."""
    text = SMALL.replace("metrica: {token: t0k3n}", "").replace("mark: id}", "mark: id, token: abc}")
    assert (
        read(text + "  two: {counter: 5, id_type: YCLID, sql: SELECT 1, mark: id, enabled: false}")
        .queries["two"]
        .token
        is None
    )


def test_every_option_may_stand_in_defaults() -> None:
    """A query can consist of its name alone when defaults say the rest."""
    text = SMALL.replace("queries:\n  one:", "queries: {one: {}}\ndefaults:")
    assert read(text).queries["one"].counter == 5


@pytest.mark.parametrize(
    ("listen", "host", "port"),
    [("127.0.0.1:9188", "127.0.0.1", 9188), ("'[::1]:80'", "::1", 80), ("localhost:0", "localhost", 0)],
)
def test_where_it_listens(listen: str, host: str, port: int) -> None:
    """`listen` is host:port, with an IPv6 host in brackets."""
    assert read(SMALL + f"http: {{listen: {listen}}}").http == HttpSettings(host=host, port=port)


@pytest.mark.parametrize("line", ["http: {listen: null}", "http: null"])
def test_http_can_be_turned_off(line: str) -> None:
    """Null turns the listener off."""
    assert read(SMALL + line).http is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("beginning", "beginning"),
        ("now", "now"),
        ("2024-01-01", "2024-01-01"),
        ("2024-01-01 10:00:00", "2024-01-01 10:00:00"),
        ("4711", 4711),
        ("'4711'", "4711"),
        ("1.5", 1.5),
        ("-3", -3),
    ],
)
def test_start_keeps_its_value(written: str, meant: object) -> None:
    """A date stays the text it is, a number a number."""
    start = with_query(f"start: {written}").queries["one"].start
    assert (start, type(start)) == (meant, type(meant))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("auto", "auto"),
        ("0s", timedelta(0)),
        ("21d", timedelta(days=21)),
        ("12h", timedelta(hours=12)),
    ],
)
def test_overlap(written: str, meant: object) -> None:
    """`overlap` is auto or a duration, which may be nothing."""
    assert with_query(f"overlap: {written}").queries["one"].overlap == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{value: 5}", 5),
        ("{value: 1.50}", 1.5),
        ("{value: '7'}", "7"),
        ("null", None),
    ],
)
def test_constants(written: str, meant: object) -> None:
    """A constant is text or a number; null leaves the column out."""
    query = with_query(f"columns: {{Price: {written}}}").queries["one"]
    assert query.columns == {Column.PRICE: Constant(value=meant)}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("mysql://u:p%40@h:3306/d?charset=utf8mb4", "mysql+pymysql://u:p%40@h:3306/d?charset=utf8mb4"),
        ("mariadb://h/d", "mariadb+pymysql://h/d"),
        ("mysql+mysqldb://h/d", "mysql+mysqldb://h/d"),
        ("sqlite:////var/shop.db", "sqlite:////var/shop.db"),
        ("sqlite:///my file.db", "sqlite:///my file.db"),
        ("oracle+oracledb://h:1521/?service_name=x", "oracle+oracledb://h:1521/?service_name=x"),
        ("Oracle://h:1521/?service_name=x", "oracle+oracledb://h:1521/?service_name=x"),
        ("clickhousedb://u@h/d", "clickhousedb://u@h/d"),
        ("mssql+pyodbc:///?odbc_connect=Driver%3D1", "mssql+pyodbc:///?odbc_connect=Driver%3D1"),
        ("postgresql://u@[::1]:5432/d", "postgresql+psycopg://u@[::1]:5432/d"),
        ("postgresql:///d?host=/var/run/postgresql", "postgresql+psycopg:///d?host=/var/run/postgresql"),
    ],
)
def test_database_urls(written: str, meant: str) -> None:
    """Any SQLAlchemy URL is taken; where it names no driver, the one that is installed with syncd is."""
    settings = read(SMALL.replace("postgresql://u@h/crm", written))
    assert settings.databases["crm"].url.get_secret_value() == meant


def test_dialects_of_other_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What other packages bring to SQLAlchemy, kinds and drivers, is taken where it is installed."""
    about = tmp_path / "otherdb-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: otherdb\nVersion: 1\n")
    plugins = ["otherdb = otherdb:Dialect", "otherdb.http = otherdb:Http", "mysql.other = otherdb:Mysql"]
    (about / "entry_points.txt").write_text("\n".join(["[sqlalchemy.dialects]", *plugins]))
    monkeypatch.syspath_prepend(tmp_path)
    for url in ("otherdb://h/d", "otherdb+http://h/d", "mysql+other://h/d"):
        settings = read(SMALL.replace("postgresql://u@h/crm", url))
        assert settings.databases["crm"].url.get_secret_value() == url
    with pytest.raises(ConfigError, match="did you mean http"):
        read(SMALL.replace("postgresql://u@h/crm", "otherdb+http2://h/d"))


def test_the_api_url_loses_its_slash() -> None:
    """Paths are appended to api_url, so it ends without a slash."""
    settings = read(SMALL.replace("{token: t0k3n}", "{token: t0k3n, api_url: 'http://127.0.0.1:80/x/'}"))
    assert settings.metrica.api_url == "http://127.0.0.1:80/x"


def test_merge_keys_and_aliases() -> None:
    """`<<` fills in what a mapping does not say itself."""
    text = SMALL.replace("one: {", "one: &one {") + "  two:\n    <<: *one\n    counter: 6\n"
    settings = read(text)
    assert (settings.queries["two"].counter, settings.queries["two"].mark) == (6, ("id",))


def test_the_search_order() -> None:
    """The command line's file counts before $SYNCD_CONFIG's, and that before /etc."""
    environ = {"SYNCD_CONFIG": "/b.yaml"}
    assert find_file(Path("/a.yaml"), environ) == Path("/a.yaml")
    assert find_file(None, environ) == Path("/b.yaml")
    assert find_file(None, {"SYNCD_CONFIG": ""}) == Path("/etc/syncd/config.yaml")


@pytest.mark.parametrize("make", [None, b"a: \xff\n", "folder", b"\xff\xfea\x00"])
def test_files_that_cannot_be_read(tmp_path: Path, make: bytes | str | None) -> None:
    """A missing file, a folder and what is no UTF-8 are ConfigErrors that name the file."""
    file = tmp_path / "config.yaml"
    if make == "folder":
        file.mkdir()
    elif isinstance(make, bytes):
        file.write_bytes(make)
    with pytest.raises(ConfigError, match=r"config\.yaml"):
        load(file, environ={})


def test_a_byte_order_mark_is_harmless(tmp_path: Path) -> None:
    """Editors of Windows put one in front."""
    file = tmp_path / "config.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert load(file, environ={}).queries


def test_settings_show_no_secret() -> None:
    """The repr of the settings holds neither token nor password."""
    settings = read(SMALL.replace("u@h", "u:pa55word@h"))
    assert "t0k3n" not in repr(settings)
    assert "pa55word" not in repr(settings)


def test_many_queries_load_quickly() -> None:
    """Five hundred queries are read in well under the second that a start may take."""
    head, query = EXAMPLE.read_text().split("  paid_orders:")
    text = head + "".join(f"  q{number}:{query}" for number in range(500))
    before = process_time()
    assert len(read(text, METRICA_TOKEN="abc").queries) == 500
    assert process_time() - before < 1.5
