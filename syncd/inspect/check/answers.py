"""What live counters answered to `syncd probe`, against the configuration. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from syncd.inspect.check.findings import CheckFinding, Code, Level
from syncd.language import _
from syncd.model import IdKind
from syncd.model.probed import probed_of
from syncd.model.settings import QuerySettings


def look_at_answers(
    answers: Mapping[str, str], settle: timedelta, queries: Sequence[QuerySettings]
) -> Iterator[CheckFinding]:
    """Compare the newest answers, by question, with what they bear on."""
    probed = probed_of(answers)
    needed = probed.settle(settle)
    if probed.list_delay is not None and needed > settle:
        yield CheckFinding(
            Level.NOTE,
            "metrica",
            _(
                "`syncd probe` saw an upload in the list after {measured:.0f} s: an upload whose answer was "
                "lost is looked for {needed:.0f} s long, not {settle:.0f} s (settle)"
            ).format(
                measured=probed.list_delay.total_seconds(),
                needed=needed.total_seconds(),
                settle=settle.total_seconds(),
            ),
            "",
            Code.SETTLE_SHORT,
            ("metrica", "settle"),
        )
    answer = answers.get("client_id_type")
    for query in queries:
        sends = len(query.id_type) == 1 and query.id_type[0] is not IdKind.PURCHASE_ID
        if answer == "required" and query.id_type and not sends:
            words = _(
                "by `syncd probe`, Metrica's parameter client_id_type is {answer}, and this query "
                "cannot send it, for its kinds of id"
            )
            yield CheckFinding(
                Level.WARNING,
                f"query {query.name}",
                words.format(answer=answer),
                _("Ask Metrica's support; please report it."),
                Code.ID_PARAMETER,
                ("queries", query.name, "id_type"),
            )
