"""Where in the DBA's SQL an error of the database lies, as far as the database says.

PostgreSQL gives the character of the statement; MariaDB and MySQL the rest of the statement from there on, or
a name; SQLite a word or a name. The statement is the DBA's SQL with ours around it.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import Any

from syncd.source.statement import LEXIS, Lexis, tokens

_NEAR_REST = re.compile(r"near '(.*)' at line \d+", re.DOTALL)
_NEAR_WORD = re.compile(r'near "(.+)": syntax error|unrecognized token: "(.+)', re.DOTALL)
_NAMED = re.compile(
    r"(?:Unknown column|Table|FUNCTION|View|Column) '?([^' ]+)'?"
    r"|(?:no such column|no such table|no such function|ambiguous column name): (\S+)"
)


def spot_of(error: BaseException, sql: str, family: str) -> int | None:
    """The place in `sql` of an error that the database found there; None where it does not say."""
    original: Any = getattr(error, "orig", None) or error
    statement = str(getattr(error, "statement", None) or "").replace("%%", "%")
    begin = statement.find(sql)
    if begin < 0 or not sql:
        return None
    if (position := getattr(getattr(original, "diag", None), "statement_position", None)) is not None:
        return _within(int(position) - 1 - begin, sql)
    said = " ".join(map(str, original.args))
    if (rest := _NEAR_REST.search(said)) and rest[1]:
        return _within(statement.find(rest[1]) - begin, sql)
    if found := _NEAR_WORD.search(said):
        return _syntax_error(sql, found[1] or found[2].rstrip('"'))
    if found := _NAMED.search(said):
        return _name(sql, (found[1] or found[2]).split("."), LEXIS.get(family, Lexis()))
    return None


def line_and_column(sql: str, spot: int) -> tuple[int, int]:
    """Line and column of a place in a text, both from 1."""
    before = sql[:spot]
    return before.count("\n") + 1, spot - (before.rfind("\n") + 1) + 1


def _within(spot: int, sql: str) -> int | None:
    return spot if 0 <= spot < len(sql) else None


def _name(sql: str, parts: list[str], lexis: Lexis) -> int | None:
    """The first place where a name stands, whole if possible, else its last part."""
    words = [(token.word.strip('`"[]'), token.start) for token in tokens(sql, lexis)]
    wanted = [part.lower() for part in parts]
    names = [word for word, _ in words]
    dotted = [part for one in wanted for part in (one, ".")][:-1]
    for place in range(len(words)):
        if names[place : place + len(dotted)] == dotted:
            return words[place][1]
    return next((start for word, start in words if word == wanted[-1]), None)


def _syntax_error(sql: str, word: str) -> int | None:
    """The place at which SQLite stumbles: it names the word alone, which may stand there several times.

    So the text is parsed up to each of them: until the fault comes, SQLite calls it incomplete.
    """
    places = [found.start() for found in re.finditer(re.escape(word), sql)]
    with closing(sqlite3.connect(":memory:")) as parser:
        for place in places[:-1]:
            try:
                parser.execute(f"EXPLAIN {sql[: place + len(word)]}")
            except sqlite3.Error as error:
                if "near" in str(error):
                    return place
    return places[-1] if places else None
