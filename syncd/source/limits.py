"""Finds a limit on the rows of a whole query: such a query never gives the rows beyond it, and nobody sees.

syncd reads `SELECT … FROM (the query) WHERE mark >= …`, so a limit inside cuts before the mark is looked at:
`ORDER BY updated_at LIMIT 1000` gives the same oldest thousand rows for ever. So does a limit in the one
subquery, or in the one table of WITH, that the query reads. Tokens are read, not text, so that the word in a
string, a comment, a column's name or any other subquery (the latest rate, one row of a join) is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from syncd.source.statement import Lexis, SqlToken, tokens

_SET_OPERATORS = frozenset({"union", "intersect", "except", "minus", "all", "distinct"})
_COUNT_STARTS = tuple("0123456789('\"+:$@?")
"""What a number of rows may begin with; a column that is called limit is followed by something else."""
_ENDLESS = 10**12
"""Rows, from here on as good as no limit."""
_TOP = frozenset({"mssql", "sybase", "access"})
_FIRST = frozenset({"firebird", "informix"})
_ROWNUM = {"mysql": "("}
"""Where it is a function."""
_BEHIND_FROM = frozenset(
    {"where", "group", "having", "order", "window", "qualify", "limit", "offset", "fetch"}
)
_SECOND_SOURCE = frozenset({",", "join", "apply"})


@dataclass(frozen=True, slots=True)
class RowLimit:
    """A limit on the rows of the query."""

    words: str
    """As it is written, such as `LIMIT 1000`."""
    position: int
    """Where it begins in the SQL."""
    is_inside: bool
    """Whether it stands in a subquery, which is all that the query reads."""


def find_row_limit(sql: str, lexis: Lexis, family: str) -> RowLimit | None:
    """The first limit on the rows of the whole query; None where there is none."""
    level, is_inside = list(tokens(sql, lexis)), False
    named: dict[str, list[SqlToken]] = {}
    while level:
        if (found := _limit_of(_outer_tokens(level), family)) is not None:
            words, position = found
            return RowLimit(words, position, is_inside)
        named |= _tables_of_with(level)
        level, is_inside = _only_source(level, named), True
    return None


def _limit_of(found: Sequence[SqlToken], family: str) -> tuple[str, int] | None:
    for place, token in enumerate(found):
        before = found[place - 1].word if place else ""
        if before in {".", "as"}:  # a column's name
            continue
        length = _length(found[place:], before, family)
        if length:
            words = " ".join(one.word for one in found[place : place + length])
            return words.upper().removesuffix(" ("), token.start
    return None


def _length(rest: Sequence[SqlToken], before: str, family: str) -> int:
    """How many tokens the limit has that begins with the first; 0: it is none."""
    word, *after = (token.word for token in rest[:4])
    following = after[0] if after else ""
    length = 0
    if word in {"limit", "offset"} and following[:1] in _COUNT_STARTS:
        is_per_group = "by" in after  # ClickHouse: LIMIT 1 BY order_id
        length = 0 if is_per_group or _is_no_limit(word, following) else 2
    elif word == "fetch" and following in {"first", "next"}:
        length = 3
    elif word == "top" and before in {"select", "distinct", "all"}:
        is_whole = following == "100" and after[1:2] == ["percent"]
        counts = following.isdecimal() or (following == "(" and family in _TOP)
        length = 2 if counts and not is_whole else 0
    elif (word in {"first", "skip"} and before == "select") or word == "rows":
        length = 2 if family in _FIRST and following.isdecimal() else 0
    elif word == "rownum" and following == _ROWNUM.get(family, following):
        length = 3 if family in _ROWNUM or (family == "oracle" and following in {"<", "=", "between"}) else 0
    return min(length, len(rest))


def _is_no_limit(word: str, number: str) -> bool:
    """Whether LIMIT or OFFSET leaves no row out."""
    is_endless = number.isdecimal() and int(number) >= _ENDLESS
    return is_endless or (word == "offset" and number == "0")


def _outer_tokens(found: Sequence[SqlToken]) -> list[SqlToken]:
    """The tokens of the query itself, without what stands in brackets; a number of rows keeps its bracket.

    Brackets around the query, or around one side of a UNION, hold the query itself.
    """
    outer: list[SqlToken] = []
    is_own: list[bool] = []
    """Of every open bracket: whether it holds the query itself."""
    for place, token in enumerate(found):
        before = found[place - 1].word if place else ""
        inside = all(is_own)
        if token.word == "(":
            begins = inside and (not place or before in _SET_OPERATORS or before == "(")
            is_own.append(begins)
            if inside and not begins:
                outer.append(token)
        elif token.word == ")" and is_own:
            is_own.pop()
        elif inside:
            outer.append(token)
    return outer


def _only_source(found: Sequence[SqlToken], named: dict[str, list[SqlToken]]) -> list[SqlToken]:
    """The tokens of the one subquery, or table of WITH, that a query reads; none where it reads more."""
    top = _top_places(found)
    begins = [place for place in top if found[place].word == "from"]
    if len(begins) != 1:  # no table, or a UNION
        return []
    sources = list(
        takewhile(lambda place: found[place].word not in _BEHIND_FROM, top[top.index(begins[0]) + 1 :])
    )
    words = [found[place].word for place in sources]
    if not words or _SECOND_SOURCE & set(words):
        return []
    if words[0] == "(":
        return list(found[sources[0] + 1 : _closing(found, sources[0])])
    # A table of WITH is not looked into twice: one that reads itself (RECURSIVE) would have no end.
    return [] if "." in words else named.pop(words[0], [])


def _tables_of_with(found: Sequence[SqlToken]) -> dict[str, list[SqlToken]]:
    """The tokens of each `NAME AS (…)` before the query, by name."""
    tables: dict[str, list[SqlToken]] = {}
    if not found or found[0].word != "with":
        return tables
    top = _top_places(found)
    name = ""
    for here, after in pairwise(top):
        word, following = found[here].word, found[after].word
        if following in {"as", "("} and word not in {"as", "materialized", "("}:
            name = word
        if following == "(" and word in {"as", "materialized"}:
            tables[name] = list(found[after + 1 : _closing(found, after)])
    return tables


def _top_places(found: Sequence[SqlToken]) -> list[int]:
    """The places of the tokens that stand in no bracket, opening brackets themselves included."""
    places, depth = [], 0
    for place, token in enumerate(found):
        depth -= token.word == ")"
        if depth == 0 and token.word != ")":
            places.append(place)
        depth += token.word == "("
    return places


def _closing(found: Sequence[SqlToken], opening: int) -> int:
    """The place of the bracket that closes the one at `opening`."""
    depth = 0
    for place in range(opening, len(found)):
        depth += (found[place].word == "(") - (found[place].word == ")")
        if depth == 0:
            return place
    return len(found)
