"""A text that is no YAML: what is wrong in which line, and what to do, in words of a DBA's day."""

from __future__ import annotations

import pytest

from syncd.config.zones import nearest_zone
from tests.unit.test_config_mistakes import problems

TEXT = """\
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
    sql: |
      SELECT a, b
      FROM t
    columns:
      ClientId: cid
      Target: {value: paid}
    mark: [updated_at, id]
    every: 5m
"""
SQL = "      SELECT a, b\n      FROM t\n"


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "hint"),
    [
        ("    counter", "   counter", 11, "by 3 spaces, line 10 before it by 4, and line 9 ab", "alike"),
        ("    counter", "     counter", 11, "by 5 spaces, line 10 before it by 4", "alike"),
        ("      Target", "     Target", 18, "by 5 spaces, line 17 before it by 6", "alike"),
        ("  timeout", " timeout", 3, "by 1 space, line 2 before it by 2", "alike"),
        (SQL, "    SELECT a, b\n    FROM t\n", 14, "no part of the text below line 13", "by 6 spaces"),
        (SQL, "SELECT a, b\nFROM t\n", 14, "no part of the text below line 13", "by 6 spaces"),
        ("      FROM t", "    FROM t", 15, "no part of the text below line 13", "by 6 spaces"),
        ("      SELECT", "        SELECT", 15, "first line of the text below line 13", "least"),
        ("every: 5m", "cron: */5 * * * *", 20, "begins with *", 'cron: "*/5 * * * *"'),
        ("every: 5m", "cron: * * * * *", 20, "begins with *", "quotes"),
        ("    counter", "\tcounter", 11, "tab", "spaces"),
        ("    counter", "\u00a0   counter", 11, "U+00A0", "spaces"),
        ("queries:", "\ufeffqueries:", 8, "U+FEFF", "spaces"),
        ("{value: paid}", "order: s3cr3t", 18, "a second `: ` in one line (column 20)", "quotes"),
        ("t0k3n", "%s3cr3t", 2, "begin with %", "quotes"),
        ("t0k3n", "@s3cr3t", 2, "begin with @", "quotes"),
        ("t0k3n", "`s3cr3t`", 2, "begin with a backtick", "quotes"),
        ("[updated_at, id]", "[`updated_at`, id]", 19, "begin with a backtick", "quotes"),
        ("t0k3n", "|s3cr3t", 2, "lines below", ""),
        ("t0k3n", "!s3cr3t", 2, "tags", "begins with !"),
        ("t0k3n", "&s3cr3t", 2, "anchor", "begins with &"),
        ("t0k3n", "{METRICA_TOKEN}", 2, "wants text", "`$` stands before"),
        ("Europe/Moscow", "'Europe/Moscow", 7, "not closed", "same quote"),
        ("Europe/Moscow\nqueries", "'Europe/Moscow\n'queries", 7, "not closed in this line", "same quote"),
        ("Europe/Moscow", "'Europe'/Moscow", 7, "goes on behind its closing quote", "twice"),
        ("t0k3n", '"s3cr\\3t"', 2, "backslash", "single quotes"),
        ("[updated_at, id]", "[updated_at, id", 19, "`[` that begins here", "`]`"),
        ("{value: paid}", "{value: paid", 18, "`{` that begins here", "`}`"),
        ("counter: 5", "counter:5", 11, "no space behind the colon", "key: value"),
        ("counter: 5", "counter = 5", 11, "parted by `=`", "key: value"),
        ("counter: 5", "counter 5", 11, "no key with its value", "key: |"),
        ("[updated_at, id]", "\n    - updated_at\n    -id", 21, "no space behind the `-`", "- item"),
        ("queries:", "...\nqueries:", 9, "goes on behind its end", "remove"),
        ("  one:", "  - one:", 8, "not a list", "without the `-`"),
    ],
)  # fmt: skip
def test_what_is_wrong_and_what_to_do(old: str, new: str, line: int, message: str, hint: str) -> None:
    """The line is the one at fault, and there is one problem; no value is repeated."""
    assert TEXT.count(old) == 1
    for ending in ("\n", "\r\n"):
        (found,) = problems(TEXT.replace(old, new).replace("\n", ending))
        assert (found.line, message in found.message, hint in found.hint) == (line, True, True), found


@pytest.mark.parametrize(
    ("word", "zone"),
    [
        ("MSK", "Europe/Moscow"),
        ("msk", "Europe/Moscow"),
        ("UTC+3", "Europe/Moscow"),
        ("+05:00", "Asia/Yekaterinburg"),
        ("MSK+2", "Asia/Yekaterinburg"),
        ("Moscow", "Europe/Moscow"),
        ("Москва", "Europe/Moscow"),
        ("Санкт-Петербург", "Europe/Moscow"),
        ("екатеринбург", "Asia/Yekaterinburg"),
        ("Europe/Saint_Petersburg", ""),
        ("VLAT", "Asia/Vladivostok"),
        ("New York", "America/New_York"),
        ("Europe/Moskow", "Europe/Moscow"),
        ("XYZ", ""),
    ],
)
def test_which_zone_was_meant(word: str, zone: str) -> None:
    """Abbreviations, offsets and cities lead to the zone; what is near to none has no suggestion."""
    assert nearest_zone(word) == (f"did you mean {zone}?" if zone else "")
