"""What live counters answered to `syncd probe`, against the configuration. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from syncd.inspect.check.findings import CheckFinding, Code, Level
from syncd.language import _
from syncd.model import IdKind
from syncd.model.settings import QuerySettings

_LATE = re.compile(r"(?P<seconds>\d+) s|not within (?P<hours>\d+) h")


def look_at_answers(
    answers: Mapping[str, str], settle: timedelta, queries: Sequence[QuerySettings]
) -> Iterator[CheckFinding]:
    """Compare the newest answers, by question, with what they bear on."""
    delay = _LATE.fullmatch(answers.get("list_delay", ""))
    if delay is not None:
        measured = timedelta(seconds=int(delay["seconds"] or 0), hours=int(delay["hours"] or 0))
        if measured > settle:
            wanted = max(2 * measured.total_seconds(), 1)
            yield CheckFinding(
                Level.WARNING,
                "metrica",
                _(
                    "`syncd probe` saw an upload in the list after {measured:.0f} s, and settle is "
                    "{settle:.0f} s: an upload whose answer was lost could be sent twice"
                ).format(measured=measured.total_seconds(), settle=settle.total_seconds()),
                _("Set metrica.settle to {wanted:.0f}s.").format(wanted=wanted),
                Code.SETTLE_SHORT,
                ("metrica", "settle"),
            )
    answer = answers.get("client_id_type")
    for query in queries:
        sends = len(query.id_type) == 1 and query.id_type[0] is not IdKind.PURCHASE_ID
        if (answer == "required" and query.id_type and not sends) or (answer == "refused" and sends):
            words = _(
                "by `syncd probe`, Metrica's parameter client_id_type is {answer}, and this query "
                "cannot send it, for its kinds of id"
            )
            if sends:
                words = _(
                    "by `syncd probe`, Metrica's parameter client_id_type is {answer}, and this query "
                    "sends it"
                )
            yield CheckFinding(
                Level.WARNING,
                f"query {query.name}",
                words.format(answer=answer),
                _("Ask Metrica's support; please report it."),
                Code.ID_PARAMETER,
                ("queries", query.name, "id_type"),
            )
