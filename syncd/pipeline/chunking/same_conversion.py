"""Rows of two keys that Metrica would take for one conversion: the second is rejected, or moved apart.

Metrica tells conversions apart by ids, Target and DateTime. Two orders of one client in one second are one to
it, and the price of one of them is lost:

    4711 → 100,paid,1767225600,10      sent
    4712 → 100,paid,1767225600,25      rejected as `same_conversion` or, with `spread: true`, sent as
           100,paid,1767225601,25

The second is always the one that comes later, and the next second is the first that no delivered row has, so
reading the rows again gives the same. A row whose key is merely spelt anew, since its column got another
type, is the row that was delivered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from syncd.model import Chunk, Conversion, Reason, Reject, Rows, keys
from syncd.model.settings import QuerySettings
from syncd.pipeline.chunking.news import LONGEST_SPREAD
from syncd.pipeline.ports import Ledger

SECONDS_TRIED = 64
"""Seconds that are looked up at once."""


def set_apart(chunk: Chunk, query: QuerySettings, ledger: Ledger, now: int) -> list[Reject]:
    """Take rows that another key's conversion stands for out of the chunk, or move them; gives the rejects.

    Where keys are the mark, by default, a row that was touched has another key and is sent again. What breaks
    the mark's ties tells it from another row; a mark of one column does not, and nothing is done there.
    `now` is the moment in unix seconds: a row that is moved beyond it waits.
    """
    if not chunk.ready or not keys.tells_conversion(chunk.header):
        return []
    if query.key_is_default and len(query.mark) == 1:
        return []
    from syncd.model.conversion_codes import conversion_codes, repeated_places  # noqa: PLC0415 — numpy, which only rows need

    split = keys.split_of(chunk.header)
    lines = chunk.ready.lines
    delivered = ledger.delivered_conversions(lines, split)
    repeated = repeated_places(conversion_codes(lines, split.changing))
    if not delivered and not repeated:
        return []
    apart = _Apart(chunk, query, ledger, split, delivered)
    apart.look(repeated)
    apart.apply(now)
    return apart.rejects


@dataclass(slots=True)
class _Apart:
    """What becomes of the rows of one chunk."""

    chunk: Chunk
    query: QuerySettings
    ledger: Ledger
    split: keys.Split
    delivered: Mapping[str, Mapping[str, str]]
    taken: dict[str, str] = field(default_factory=dict)
    """The conversions of the chunk, with the key of the first row that has each."""
    moved: dict[int, str] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    rejects: list[Reject] = field(default_factory=list)

    def look(self, repeated: Sequence[int]) -> None:
        """Decide for each row whose conversion is another key's."""
        heads = [self.split.parts(line)[0] for line in self.chunk.ready.lines]
        names = list(self.chunk.ready.keys)
        for key, head in zip(names, heads, strict=True):
            self.taken.setdefault(head, key)
        doubtful = set(repeated)
        for place, head in enumerate(heads):
            if place in doubtful or head in self.delivered:
                self._decide(place, names[place], head)

    def _decide(self, place: int, key: str, head: str) -> None:
        others = [*self.delivered.get(head, {})]
        if self.taken[head] != key:
            others.append(self.taken[head])
        if not others or any(self._is_own(key, other) for other in others):
            return
        line = self.chunk.ready.lines[place]
        anew = next((other for other in others if keys.is_spelt_anew(key, other)), None)
        if anew is not None:
            before = self.delivered.get(head, {}).get(anew, line)
            same = self.split.is_same(self._amounts(line), self._amounts(before))
            if same or self.query.on_change == "ignore":
                self.gone.add(place)
                self.chunk.rows_known += 1
        elif self.query.spread and (free := self._free(key, line)):
            self.moved[place] = free
            self.taken[self.split.parts(free)[0]] = key
        else:
            self.gone.add(place)
            self.rejects.append(_reject(key, line, others[0], spread=self.query.spread))

    def _amounts(self, line: str) -> str:
        return self.split.parts(line)[1]

    def _free(self, key: str, line: str) -> str:
        """Move the line to where this key was delivered, else to the next free second; "": there is none."""
        for start in range(1, LONGEST_SPREAD + 1, SECONDS_TRIED):
            tried = [
                keys.moved(line, self.split, by)
                for by in range(start, min(start + SECONDS_TRIED, LONGEST_SPREAD + 1))
            ]
            delivered = self.ledger.delivered_conversions(tried, self.split)
            for one in tried:
                head = self.split.parts(one)[0]
                holders = delivered.get(head, {})
                is_own = any(self._is_own(key, holder) for holder in holders)
                if is_own or not (holders or head in self.taken):
                    return one
        return ""

    def _is_own(self, key: str, other: str) -> bool:
        """Whether the other key of this conversion is, or may be, the same row's."""
        return key == other or (self.query.key_is_default and not keys.are_of_two_rows(key, other))

    def apply(self, now: int) -> None:
        """Change the chunk."""
        chunk, ready = self.chunk, self.chunk.ready
        moments = {place: keys.moment(line, self.split) for place, line in self.moved.items()}
        for place in [place for place, moment in moments.items() if moment > now]:
            chunk.waiting.append(Conversion(ready.keys[place], self.moved.pop(place), moments.pop(place)))
            self.gone.add(place)
        lines = ready.lines.mended(self.moved, without=self.gone)
        newest = max([ready.newest, *moments.values()])
        chunk.ready = Rows(ready.keys.mended({}, without=self.gone), lines, newest, ready.oldest)
        chunk.codes = []


def _reject(key: str, line: str, other: str, *, spread: bool) -> Reject:
    hint = f"none of the {LONGEST_SPREAD} seconds after it is free" if spread else "see the option spread"
    return Reject(
        key=key,
        reason=Reason.SAME_CONVERSION,
        column="",
        value=line[:200],
        row="{}",
        detail=f"key {other} has the same id, Target and DateTime: Metrica would keep one of the two; {hint}",
    )
