"""Which result column, or constant, feeds which column of the upload. Pure; decided once per query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from syncd.language import _
from syncd.mapping.kinds import kind_of
from syncd.model import Column
from syncd.model.errors import SourceRefused
from syncd.model.kinds import UploadColumn
from syncd.model.settings import Constant, QuerySettings
from syncd.model.upload_kind import UploadKind

_OFTEN_CONSTANT = frozenset({Column.TARGET, Column.CURRENCY})
"""Columns that have the same value in every row of most queries."""
_ALIKE, _SAME_BUT_A_SLIP = 0.6, 0.9
"""How alike two names are, from 0 to 1: somewhat; so much that one is a slip of the other."""


@dataclass(frozen=True, slots=True)
class Written:
    """One column of the upload and where its values come from."""

    column: UploadColumn
    source: int | Constant
    """The position in the result, or the value that stands in every row."""
    name: str
    """What the header calls it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of a result's columns: which go into the upload, the mark and the key."""

    columns: tuple[str, ...]
    """The result's columns, as the database names them."""
    written: tuple[Written, ...]
    """The upload's columns in the order of the kind: clients before the rest, what may change last."""
    mark: tuple[int, ...]
    """Positions of the mark's columns, in the mark's order."""
    key: tuple[int, ...]

    @property
    def header(self) -> str:
        """The first line of the upload, without the line's end."""
        return ",".join(written.name for written in self.written)


class _Result:
    """The result's columns, found by name; collects what cannot be found."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self.problems: list[str] = []
        self.key_path: tuple[str, ...] = ("columns",)
        """The key of the query that names the first column that is not there."""

    def matches(self, name: str) -> list[int]:
        """The positions of columns of this very name; if there are none, of this name in any case."""
        exact = [position for position, column in enumerate(self.columns) if column == name]
        # Oracle upper-cases the names of a query, PostgreSQL lower-cases them.
        folded = name.casefold()
        return exact or [at for at, column in enumerate(self.columns) if column.casefold() == folded]

    def one(self, name: str, purpose: str) -> int:
        """The position of a column that must be there, once; -1 when it is not, which is noted."""
        found = self.matches(name)
        if len(found) == 1:
            return found[0]
        if not self.problems:
            self.key_path = (purpose,) if purpose in {"mark", "key"} else ("columns", purpose)
        if found:
            self.problems.append(
                _("the result has {count} columns {name!r} (for {purpose}): rename one").format(
                    count=len(found), name=name, purpose=purpose
                )
            )
        else:
            remedy = self.remedy(name, purpose)
            self.problems.append(
                _("the result has no column {name!r} (for {purpose}){remedy}").format(
                    name=name, purpose=purpose, remedy=remedy
                )
            )
        return -1

    def remedy(self, name: str, purpose: str) -> str:
        """What to write instead of a column that is not there, as the end of a message."""
        if purpose in _OFTEN_CONSTANT and name != purpose:
            return _("; for a constant write {purpose}: {{value: {name}}}{hint}").format(
                purpose=purpose, name=name, hint=self.hint(name, _SAME_BUT_A_SLIP)
            )
        if purpose in {"mark", "key"}:
            return _("; add {name} to the SELECT{hint}").format(
                name=name, hint=self.hint(name, _SAME_BUT_A_SLIP)
            )
        return self.hint(name)

    def hint(self, name: str, likeness: float = _ALIKE) -> str:
        """The nearest column, as the end of a message; "" when none is near."""
        by_folded = {column.casefold(): column for column in self.columns}
        near = get_close_matches(name.casefold(), by_folded, n=1, cutoff=likeness)
        return _("; did you mean {name!r}?").format(name=by_folded[near[0]]) if near else ""


def layout(query: QuerySettings, columns: tuple[str, ...]) -> Layout:
    """Find every column that the query needs in its result.

    Args:
        query: Names the columns; those it leaves out are found by Metrica's own names, in any case.
        columns: The result's column names, as the database gives them.

    Raises:
        SourceRefused: Something is missing or ambiguous; the message lists all of it, the columns that there
            are, and the nearest spelling.
    """
    result = _Result(columns)
    written = tuple(_written(query, result))
    mark = tuple(result.one(name, "mark") for name in query.mark)
    key = tuple(result.one(name, "key") for name in query.key) if query.key != query.mark else mark
    if result.problems:
        there = ", ".join(columns) or _("none")
        error = SourceRefused(
            f"query {query.name}: "
            + _("{problems} (columns of the result: {there})").format(
                problems="; ".join(result.problems), there=there
            )
        )
        error.key_path = result.key_path
        raise error
    return Layout(columns, written, mark, key)


def used_places(query: QuerySettings, columns: tuple[str, ...]) -> frozenset[int]:
    """The positions in a result that the query uses; all of them where something is missing of it.

    `layout` then has every name at hand to say what is missing.
    """
    try:
        found = layout(query, columns)
    except SourceRefused:
        return frozenset(range(len(columns)))
    sources = (written.source for written in found.written)
    return frozenset({*found.mark, *found.key, *(place for place in sources if isinstance(place, int))})


def _written(query: QuerySettings, result: _Result) -> Iterator[Written]:
    kind = kind_of(query)
    names_client = False
    for column in kind.columns:
        if not kind.is_wanted(column, query):
            if _is_named(query, column):
                result.problems.append(
                    _("columns names {column}, but id_type does not: add it there, or leave it out").format(
                        column=column
                    )
                )
            continue
        source = _source(query, kind, result, column)
        if source is not None:
            names_client = names_client or column in kind.client_columns
            yield Written(column, source, kind.name_in_file(column, query))
        elif column in kind.required:
            result.problems.append(_("{column} cannot be left out").format(column=column))
    if not names_client:
        wanted = [column for column in kind.columns if column in kind.client_columns]
        wanted = [column for column in wanted if kind.is_wanted(column, query)]
        hint = next(filter(None, map(result.hint, wanted)), "")
        result.problems.append(
            _("no column holds the id ({wanted}): name it under columns{hint}").format(
                wanted=_(" or ").join(wanted), hint=hint
            )
        )


def _is_named(query: QuerySettings, column: UploadColumn) -> bool:
    named = query.columns.get(column)
    return isinstance(named, str) or (named is not None and named.value is not None)


def _source(
    query: QuerySettings, kind: UploadKind, result: _Result, column: UploadColumn
) -> int | Constant | None:
    """Where the column's values come from; None leaves it out."""
    named = query.columns.get(column)
    if isinstance(named, Constant):
        if column is kind.key_column:
            result.problems.append(
                _("{column} is a constant, so every row would be the same one").format(column=column)
            )
        return None if named.value is None else named
    if named is not None:
        return result.one(named, column.value)
    # Not named: a column that bears Metrica's name. Without one, ids and money are left out; what is
    # required is asked for by that name, so that the message can say what is nearest to it.
    if result.matches(column) or column in kind.required:
        return result.one(column.value, column.value)
    return None
