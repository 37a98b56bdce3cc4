"""What the kind of a query (conversions, orders, calls) asks of its keys and columns."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from syncd.config.stated import StatedQuery
from syncd.config.words import dotted, nearest
from syncd.language import _, ngettext
from syncd.model import Column, IdKind
from syncd.model.kinds import RULES, KindRules, QueryKind
from syncd.model.settings import Constant

_LEFT_OUT = Constant(value=None)


def apply(query: StatedQuery) -> None:
    """Tell what is missing for the query's kind, and what does not fit it."""
    if query.has("kind") and query.get("kind") is None:
        return  # a kind that cannot be read was told
    kind = QueryKind(query.get("kind") or QueryKind.CONVERSIONS)
    rules = RULES[kind]
    _needed_keys(query, rules)
    _foreign_keys(query, kind, rules)
    _columns(query, kind, rules)
    _left_out(query, rules)
    _key_column(query, rules)
    if "id_type" in rules.needed_keys:
        _id_columns(query)
    if rules.columns is Column:
        _constants(query)


def _needed_keys(query: StatedQuery, rules: KindRules) -> None:
    missing = [
        key
        for key in rules.needed_keys
        if not query.has(key) and not (key == "sql" and query.has("sql_file"))
    ]
    if missing:
        words = ngettext("{keys} is missing", "{keys} are missing", len(missing))
        query.document.problems.add(query.path, words.format(keys=", ".join(missing)))


def _foreign_keys(query: StatedQuery, kind: QueryKind, rules: KindRules) -> None:
    """Keys of the query itself; those of `defaults` may be meant for queries of other kinds."""
    for key, instead in rules.foreign_keys.items():
        if key in query.layers[0].raw:
            query.add(key, message=_("does not go with kind: {kind}").format(kind=kind), hint=_(instead))


def _columns(query: StatedQuery, kind: QueryKind, rules: KindRules) -> None:
    known = [column.value for column in rules.columns]
    for name in query.get("columns") or {}:
        if name not in known:
            message = _("{kind} have no such column").format(kind=kind)
            query.add("columns", name, message=message, hint=nearest(name, known))


def _left_out(query: StatedQuery, rules: KindRules) -> None:
    """Columns without which no row can be sent."""
    columns = query.get("columns") or {}
    for column in rules.needed_columns:
        if columns.get(column) == _LEFT_OUT:
            hint = _("name its result column, or remove the line to have it found by its name")
            query.add(
                "columns", column, message=_("{column} cannot be left out").format(column=column), hint=hint
            )


def _key_column(query: StatedQuery, rules: KindRules) -> None:
    """The key tells rows apart, which a constant does not."""
    source = (query.get("columns") or {}).get(rules.key_column) if rules.key_column else None
    if isinstance(source, Constant) and source != _LEFT_OUT and rules.key_column:
        hint = _("name the result column with the order's id")
        message = _("a constant would make all rows one order")
        query.add("columns", rules.key_column.value, message=message, hint=hint)


def _id_columns(query: StatedQuery) -> None:
    """Ids that are mapped but not meant to be sent: a slip that would go unnoticed."""
    if not query.get("id_type"):
        return
    wanted = [IdKind(kind) for kind in query.get("id_type")]
    columns = query.get("columns") or {}
    is_own = query.home("columns") is query.layers[0]
    whose = "id_type" if is_own else _("id_type of {path}").format(path=dotted(query.path))
    for kind in IdKind:
        if columns.get(kind.column, _LEFT_OUT) != _LEFT_OUT and kind not in wanted:
            message = _("the column is mapped, but {whose} does not name {kind}").format(
                whose=whose, kind=kind
            )
            hint = _("add {kind} to id_type, or remove the line").format(kind=kind)
            query.add("columns", kind.column, message=message, hint=hint)
    if all(columns.get(kind.column) == _LEFT_OUT for kind in wanted):
        message = _("every id that {whose} names is left out").format(whose=whose)
        query.add("columns", message=message, hint=_("a row without an id is lost"))


def _constants(query: StatedQuery) -> None:
    """Values that stand in every row and that no row could be sent with."""
    constants = {
        Column(name): source.value
        for name, source in (query.get("columns") or {}).items()
        if isinstance(source, Constant) and source.value is not None and name in set(Column)
    }
    if not constants:
        return
    from syncd.mapping.mapper import why_unsendable  # noqa: PLC0415 — the currencies take a while to load

    for column, value in constants.items():
        if why := why_unsendable(column, value, ZoneInfo("UTC")):
            message = _("the constant cannot be sent: {why}").format(why=why)
            query.add("columns", column, message=message, hint=_("see docs/configuration.md, Rows"))
