"""A proposal as a commented configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator

from syncd.inspect.init.proposal import Choice, Proposal
from syncd.language import _
from syncd.model.tables import ColumnType, TableShape

_NO_MORE = 5
"""Other tables that are named."""


def configuration(proposal: Proposal, url: str, others: list[TableShape], *, has_password: bool) -> str:
    """The text of a configuration file that `syncd check --offline` takes as it is."""
    return "\n".join(_lines(proposal, url, others, has_password=has_password)) + "\n"


def _lines(proposal: Proposal, url: str, others: list[TableShape], *, has_password: bool) -> Iterator[str]:
    yield _("# Proposed by `syncd init` from a look at the database. What it cannot know is marked FILL IN.")
    yield _("# Then: `syncd check`, and `syncd preview orders` to see the rows as they would be uploaded.")
    yield ""
    yield "metrica:"
    yield _("  # FILL IN: an OAuth token that may edit the counter; best left to the environment")
    yield "  token: ${METRICA_TOKEN:-FILL-IN}"
    yield ""
    yield "databases:"
    yield "  shop:"
    yield f"    url: {_quoted(url)}"
    if has_password:
        yield _("    # The password is taken from the environment. A password_file is safer still.")
    yield from _zone(proposal)
    yield ""
    yield "queries:"
    yield "  orders:"
    yield _("    counter: 1   # FILL IN: the number of the Metrica counter")
    yield from _described("id", proposal.id)
    yield f"    id_type: {proposal.id_kind}"
    yield _("    # table {table}{more}").format(table=_shown(proposal.table.name), more=_found(others))
    if proposal.status is not None:
        status = _shown(proposal.status.name)
        yield _(
            "    # {status} seems to hold the state of the order: add a condition for those that are paid"
        ).format(status=status)
    yield "    sql: |"
    yield f"      SELECT {', '.join(_selected(proposal))}"
    yield f"      FROM {proposal.table.quoted}"
    if proposal.conditions:
        yield f"      WHERE {' AND '.join(proposal.conditions)}"
    yield "    columns:"
    yield f"      {proposal.id_kind.column}: {_quoted(proposal.id.column.name)}"
    yield _("      Target: {value: order_paid}   # FILL IN: the identifier of the goal in Metrica")
    yield from (f"  {line}" for line in _described("DateTime", proposal.moment))
    yield f"      DateTime: {_quoted(proposal.moment.column.name)}"
    for name, choice in (("Price", proposal.price), ("Currency", proposal.currency)):
        if choice is not None:
            yield from (f"  {line}" for line in _described(name, choice))
            yield f"      {name}: {_quoted(choice.column.name)}"
    if proposal.price is not None and proposal.currency is None:
        yield _("      Currency: {value: RUB}   # no column of the table holds a currency's letters")
    for choice in proposal.mark:
        yield from _described("mark", choice)
    yield f"    mark: [{', '.join(_quoted(choice.column.name) for choice in proposal.mark)}]"
    if proposal.key_doubt:
        yield f"    # key: {proposal.key_doubt}"
    yield f"    key: [{', '.join(_quoted(one.name) for one in proposal.key)}]"
    yield (
        _("    start: 21d   # Metrica links a conversion to a visit of the last 21 days")
        if _is_time(proposal)
        else (_("    # start: now   # what is there already is not sent"))
    )


def _is_time(proposal: Proposal) -> bool:
    kinds = {ColumnType.MOMENT, ColumnType.ZONED_MOMENT, ColumnType.DATE}
    return proposal.mark[0].column.type in kinds


def _zone(proposal: Proposal) -> Iterator[str]:
    if proposal.has_zone:
        return
    if proposal.is_utc:
        yield _("    timezone: UTC   # the names of the columns say so")
        return
    yield _("    # The moments carry no zone: write the one in which the shop writes them.")
    yield _("    # A wrong one moves every sale by hours.")
    yield "    timezone: Europe/Moscow"


def _described(what: str, choice: Choice) -> Iterator[str]:
    yield f"    # {what}: {_shown(choice.column.name)}: {choice.reason}"
    for doubt in choice.doubts:
        yield _("    #   but {doubt}").format(doubt=doubt)


def _found(others: list[TableShape]) -> str:
    if not others:
        return ""
    names = ", ".join(_shown(table.name) for table in others[:_NO_MORE])
    return _("; with --table NAME also {names}").format(names=names)


def _selected(proposal: Proposal) -> list[str]:
    choices = [proposal.id, proposal.moment, proposal.price, proposal.currency, *proposal.mark]
    columns = [*proposal.key, *(choice.column for choice in choices if choice is not None)]
    return list(dict.fromkeys(one.quoted for one in columns))


def _shown(name: str) -> str:
    """A name in a comment: in one line."""
    return "".join(char if char.isprintable() else "?" for char in name)


def _quoted(text: str) -> str:
    """Plain where YAML takes the text as it is, else as JSON, which YAML reads alike."""
    is_word = text.isidentifier() and text.lower() not in {
        "null",
        "true",
        "false",
        "y",
        "n",
        "yes",
        "no",
        "on",
        "off",
    }
    return text if is_word else json.dumps(text, ensure_ascii=False)
