"""The DBA's SQL text: one statement, without its final semicolon, ready to stand inside another.

The text is never rewritten, only cut at its end. What counts as string, name or comment differs between
databases, so the differences are data (`Lexis`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Lexis:
    """How a database reads the characters of a statement."""

    backslash: str = ""
    """Quotes inside which a backslash escapes the next character."""
    backtick: bool = False
    brackets: bool = False
    """`[name]` is a quoted name (PostgreSQL uses brackets for arrays)."""
    hash_comment: bool = False
    dash_needs_space: bool = False
    """`--` begins a comment only before white space, as in MySQL, where `5--1` is 6."""
    dollar: bool = False
    """`$tag$ … $tag$` is a string, and E'…' has backslash escapes."""
    q_quote: bool = False
    """Oracle's q'[…]'."""
    nested_comments: bool = False


LEXIS = {
    "postgresql": Lexis(dollar=True, nested_comments=True),
    "mysql": Lexis(backslash="'\"", backtick=True, hash_comment=True, dash_needs_space=True),
    "sqlite": Lexis(backtick=True, brackets=True),
    "mssql": Lexis(brackets=True, nested_comments=True),
    "oracle": Lexis(q_quote=True),
    "clickhouse": Lexis(backslash="'\"`", backtick=True),
    "clickhousedb": Lexis(backslash="'\"`", backtick=True),
}
"""By the name of SQLAlchemy's dialect; others read like the standard."""

_DOLLAR = re.compile(r"\$(?:[^\W\d]\w*)?\$")
_CLOSERS = {"[": "]", "(": ")", "{": "}", "<": ">"}


class SecondStatementError(ValueError):
    """There is more after a semicolon than comments."""


class SqlToken(NamedTuple):
    """A word, string, quoted name or sign of a statement."""

    word: str
    """In lower case."""
    start: int
    end: int


def tokens(sql: str, lexis: Lexis) -> Iterator[SqlToken]:
    """The statement's tokens; white space and comments are none. A number is one token."""
    position = 0
    while position < len(sql):
        after = _skip_quiet(sql, position, lexis)
        if after == position:
            after = _skip_token(sql, position, lexis)
            while (
                sql[position].isdigit() and after < len(sql) and (sql[after].isalnum() or sql[after] in "._")
            ):
                after += 1
            yield SqlToken(sql[position:after].lower(), position, after)
        position = after


def single_statement(sql: str, lexis: Lexis) -> str:
    """`sql` without semicolons at its end, and without what follows them. Raises SecondStatementError."""
    end: int | None = None
    position = 0
    while position < len(sql):
        after = _skip_quiet(sql, position, lexis)
        if after > position:
            position = after
            continue
        if sql[position] == ";":
            end = position if end is None else end
        elif end is not None:
            raise SecondStatementError("the SQL holds a second statement after a semicolon")
        position = _skip_token(sql, position, lexis)
    return sql if end is None else sql[:end]


def escape(sql: str) -> str:
    """`sql` such that SQLAlchemy's `text()` gives it back verbatim: no `:name` in it is a parameter."""
    return sql.replace(":", "\\:")


def without_braces(sql: str, lexis: Lexis) -> str:
    """`sql` without braces in strings and comments: for ClickHouse's driver `{x:String}` is a parameter."""
    parts, position = list[str](), 0
    while position < len(sql):
        after = _skip_quiet(sql, position, lexis)
        is_comment = after > position
        after = after if is_comment else _skip_token(sql, position, lexis)
        part = sql[position:after]
        if is_comment:
            part = part.replace("{", "(")
        elif part.startswith("'"):
            part = part.replace("{", "\\x7B")
        parts.append(part)
        position = after
    return "".join(parts)


def _skip_quiet(sql: str, start: int, lexis: Lexis) -> int:
    """The end of the white space or comment at `start`; `start` itself if there is none."""
    if sql[start].isspace():
        return start + 1
    dashes = sql.startswith("--", start) and (
        not lexis.dash_needs_space or start + 2 == len(sql) or sql[start + 2].isspace()
    )
    if dashes or (lexis.hash_comment and sql[start] == "#"):
        return _after(sql, "\n", start)
    if sql.startswith("/*", start):
        return _after_comment(sql, start, nested=lexis.nested_comments)
    return start


def _skip_token(sql: str, start: int, lexis: Lexis) -> int:
    """The end of the string, quoted name, word or single character at `start`."""
    char = sql[start]
    if char in "'\"" or (char == "`" and lexis.backtick):
        return _after_quoted(sql, start, char, escapes=char in lexis.backslash)
    if char == "[" and lexis.brackets:
        return _after_quoted(sql, start, "]", escapes=False)
    if char == "$" and lexis.dollar and (tag := _DOLLAR.match(sql, start)):
        return _after(sql, tag.group(), tag.end())
    if char.isalpha() or char == "_":
        return _after_word(sql, start, lexis)
    return start + 1


def _after_word(sql: str, start: int, lexis: Lexis) -> int:
    """The end of a word; also of the string that E or q stands before."""
    end = start + 1
    while end < len(sql) and (sql[end].isalnum() or sql[end] in "_$"):
        end += 1
    word = sql[start:end].lower()
    if sql.startswith("'", end):
        if lexis.dollar and word == "e":
            return _after_quoted(sql, end, "'", escapes=True)
        if lexis.q_quote and word in {"q", "nq"} and end + 1 < len(sql):
            opener = sql[end + 1]
            return _after(sql, _CLOSERS.get(opener, opener) + "'", end + 2)
    return end


def _after_quoted(sql: str, start: int, quote: str, *, escapes: bool) -> int:
    """The end of a quoted text, in which the quote itself is doubled."""
    position = start + 1
    while position < len(sql):
        if escapes and sql[position] == "\\":
            position += 2
        elif sql[position] != quote:
            position += 1
        elif sql.startswith(quote, position + 1):
            position += 2
        else:
            return position + 1
    return len(sql)


def _after_comment(sql: str, start: int, *, nested: bool) -> int:
    depth, position = 1, start + 2
    while depth and position < len(sql):
        if sql.startswith("*/", position):
            depth, position = depth - 1, position + 2
        elif nested and sql.startswith("/*", position):
            depth, position = depth + 1, position + 2
        else:
            position += 1
    return min(position, len(sql))


def _after(sql: str, mark: str, start: int) -> int:
    found = sql.find(mark, start)
    return len(sql) if found < 0 else found + len(mark)
