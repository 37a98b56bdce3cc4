"""All mistakes of a file are told in one go: none hides another, and none makes one that is not there."""

from __future__ import annotations

import pytest

from tests.unit.test_config_mistakes import BASE, problems


def test_all_at_once() -> None:
    """Mistakes of every kind in one file are all told in one go, in the order of the lines."""
    text = (
        BASE.replace("timeout: 60s", "timeoutt: 60s")
        .replace("Europe/Moscow", "${ZONE}")
        .replace("counter: 5", "counter: x\n    counter: y")
        .replace("id_type: CLIENT_ID", "id_type: CLIENT")
        .replace("database: crm", "database: cmr")
        .replace("    sql: SELECT 1\n", "")
        .replace("every: 5m", "every: 5")
        .replace("mark: [updated_at, id]", "mark: !x [a, a]")
    )
    found = problems(text)
    assert [(problem.line, problem.path) for problem in found] == [
        (3, "metrica.timeoutt"),
        (7, "databases.crm.timezone"),
        (9, "queries.one"),
        (10, "queries.one.database"),
        (11, "queries.one.counter"),
        (12, "queries.one.counter"),
        (12, "queries.one.counter"),
        (13, "queries.one.id_type"),
        (16, "queries.one.mark"),
        (16, "queries.one.mark"),
        (17, "queries.one.every"),
    ]


def told(text: str) -> list[str]:
    """The problems, each with its line, its path and the first four words."""
    return [
        f"{problem.line} {problem.path}: {' '.join(problem.message.split()[:4])}"
        for problem in problems(text)
    ]


def test_a_wrong_name_hides_nothing() -> None:
    """What is missing or wrong under a name that cannot be one is told with it."""
    text = BASE.replace("  one:", "  Paid Orders:").replace("    counter: 5\n", "").replace("crm:", "CRM:")
    text = text.replace("    url: postgresql://u:pa55word@h/crm\n", "").replace("ClientId", "UserId")
    assert told(text) == [
        "5 databases.CRM: a name consists of",
        "5 databases.CRM: url is missing",
        "8 queries.Paid Orders: a name consists of",
        "8 queries.Paid Orders: counter is missing",
        "9 queries.Paid Orders.database: there is no such",
        "13 queries.Paid Orders.columns.UserId: the column is mapped,",
    ]


def test_a_query_that_is_there_twice_hides_nothing() -> None:
    """The mistakes of each of its blocks are told, in whichever section or nesting it stands."""
    blocks = {10: "counter: x", 12: "counter: 5\n    counter: y\n    counter: 6", 16: "every: 5"}
    queries = "".join(f"  two:\n    {keys}\n" for keys in blocks.values())
    text = BASE.replace("queries:\n", f"queries:\n{queries}").replace("    every: 5m", "    every: 7")
    found = told(f"{text}queries:\n  two:\n    mark: []\n")
    assert "9 queries.two: id_type, sql, mark are" in found
    assert "10 queries.two.counter: wants a whole number" in found
    assert "11 queries.two: the key is there" in found
    assert "13 queries.two.counter: wants a whole number" in found
    assert "15 queries.two: counter, id_type, sql, mark" in found
    assert "16 queries.two.every: wants a duration such" in found
    assert "25 queries.one.every: wants a duration such" in found
    assert "26 queries: the key is there" in found
    assert "27 queries.two: the key is there" in found
    assert "28 queries.two.mark: wants at least one" in found
    assert len(found) == len(set(found))


def test_a_section_in_two_parts_is_looked_at_as_one() -> None:
    """What only one part has counts for the other, so that nothing is told that is not so."""
    text = BASE + "metrica:\n  settle: 1m\ndatabases:\n  erp: {url: 'sqlite:///e.db'}\nqueries:\n"
    assert told(text) == [
        f"{line} {section}: the key is there"
        for line, section in ((18, "metrica"), (20, "databases"), (22, "queries"))
    ]


def test_a_key_that_is_there_again_and_again() -> None:
    """Very many of them are told in a moment."""
    text = BASE + "".join(f"  two: {{counter: x{number}}}\n" for number in range(2_000))
    assert len(problems(text)) >= 1_000


def test_a_wrong_value_is_not_judged_by_the_default_in_its_place() -> None:
    """With a wrong id_type nothing is said of the columns, whatever `defaults` says; it is not known yet."""
    text = BASE.replace("id_type: CLIENT_ID", "id_type: [USERID]").replace("ClientId", "UserId")
    text += "defaults:\n  id_type: CLIENT_ID\n"
    assert told(text) == ["12 queries.one.id_type: wants CLIENT_ID, USER_ID, YCLID"]


@pytest.mark.parametrize("value", ["1e400", ".inf", "0012", "${UNSET}"])
@pytest.mark.parametrize(
    "key", ["columns: {Price: {value: %}}", "relink: {after: %}", "mark: [a, %]", "start: %"]
)
def test_one_fault_is_told_once(key: str, value: str) -> None:
    """A value that cannot be read is told by itself, and not once more for what it stands in."""
    text = BASE.replace("    columns:\n      ClientId: cid\n", "").replace("    mark: [updated_at, id]\n", "")
    line = key.replace("%", f'"{value}"' if "$" in value else value)
    marked = "" if key.startswith("mark") else "    mark: [a]\n"
    assert len(problems(f"{text}{marked}    {line}\n")) == 1


def test_all_that_is_wrong_with_an_option_of_several_parts() -> None:
    """Each part is told by itself."""
    assert told(f"{BASE}    relink: {{after: 1h, for: 22, form: x, more: .5}}\n") == [
        "18 queries.one.relink.after: wants 2h or more",
        "18 queries.one.relink.for: wants a duration such",
        "18 queries.one.relink.form: unknown key",
        "18 queries.one.relink.more: unknown key",
    ]


def test_whose_id_type_the_default_columns_are_judged_by() -> None:
    """The line is that of the columns, so the query is named."""
    text = BASE.replace("    columns:\n      ClientId: cid\n", "") + "defaults: {columns: {UserId: uid}}\n"
    (found,) = problems(text)
    assert (found.line, found.path) == (16, "defaults.columns.UserId")
    assert "id_type of queries.one does not name USER_ID" in found.message
