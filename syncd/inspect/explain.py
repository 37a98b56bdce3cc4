"""What became of one row: looked up in the state store, then in the source, and put into words.

A row is named by its key as a person types it, one word per key column. The store keeps keys as canonical
texts, so what is typed is tried as it is, and then as the source's own row of that key shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from syncd.inspect.compare import began, lines_of
from syncd.inspect.typed_key import typed_values
from syncd.language import _, counted
from syncd.ledger import QueryLedger, Store
from syncd.ledger.rows import RejectRow, UploadRow, WaitingRow
from syncd.mapping import Mapper, kind_of, layout
from syncd.mapping.rejects import hide_contacts
from syncd.model import SETTLED, Mark, Page, Reason, Reject, RowFate
from syncd.model.clock import Clock
from syncd.model.errors import SyncdError, UsageError
from syncd.model.keys import key_text
from syncd.model.settings import QuerySettings
from syncd.model.uploads import DELIVERED
from syncd.pipeline.ports import Source


@dataclass(frozen=True, slots=True)
class InSource:
    """What the source has under the key now."""

    mark: Mark | None
    """None: one of the mark's columns is null."""
    read_already: bool
    """The query's mark has passed it."""
    before_start: bool
    """It lies before the query's `start`."""
    line: str
    """As it would be uploaded; empty when it cannot be."""
    due: datetime | None
    """It would wait until then."""
    reject: Reject | None
    """Why it cannot be uploaded."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is known of one row."""

    key: str
    """Canonical (`keys.key_text`)."""
    upload: UploadRow | None = None
    """The upload that it was in last, whatever became of that."""
    line: str = ""
    """As it was sent; empty when that is no longer kept."""
    passed: bool = False
    """Counted as delivered without being sent: it was there when a query with `start: now` began."""
    waiting: WaitingRow | None = None
    reject: RejectRow | None = None
    source: InSource | None = None
    """None: the query does not return it, or it was not looked for."""
    source_error: SyncdError | None = None
    """Why it could not be looked for."""

    @property
    def fate(self) -> RowFate:
        """The whole in a word."""
        if self.upload and self.upload.state not in SETTLED:
            return RowFate.SENDING
        if self.upload and self.upload.state in DELIVERED:
            return RowFate.DELIVERED
        rejected = RowFate.DROPPED if self.reject and self.reject.dropped_at else RowFate.REJECTED
        if self.reject and self.reject.reason is Reason.WITHDRAWN:
            rejected = RowFate.WITHDRAWN
        recorded = {RowFate.PASSED: self.passed, RowFate.WAITING: self.waiting, rejected: self.reject}
        unrecorded = RowFate.UNKNOWN
        if self.source:
            unrecorded = RowFate.MISSING if self.source.read_already else RowFate.TO_COME
            unrecorded = RowFate.PASSED if self.source.before_start else unrecorded
        return next((fate for fate, there in recorded.items() if there), unrecorded)


@dataclass(frozen=True, slots=True)
class Explainer:
    """Answers for one query."""

    query: QuerySettings
    source: Source
    store: Store
    ledger: QueryLedger
    clock: Clock

    def explain(self, words: Sequence[str]) -> list[Explanation]:
        """Explain the rows of a key, mostly one. Raises UsageError and StateError.

        Several only where a query names no key: then rows that share a mark are told apart by their content.
        """
        columns = len(self.query.key)
        words = typed_values(words, columns, most=columns + 1 if self.query.key_is_default else columns)
        self._check(words)
        typed = key_text(words)
        error, found = None, dict[str, InSource]()
        try:
            found = self._in_source(words[:columns])
        except SyncdError as trouble:
            error = trouble
        keys = [key for key in found if len(words) == columns or key == typed] or [typed]
        if typed not in keys and self._recorded(typed).fate is not RowFate.UNKNOWN:
            keys.insert(0, typed)  # what the store knows under this very text, the source calls otherwise
        return [replace(self._recorded(key), source=found.get(key), source_error=error) for key in keys]

    def _check(self, words: Sequence[str]) -> None:
        columns = self.query.key
        longest = len(columns) + 1 if self.query.key_is_default else len(columns)
        if not len(columns) <= len(words) <= longest:
            raise UsageError(
                _(
                    "{query}: the key has {columns} ({names}), and {given}; quote a value that holds a space"
                ).format(
                    query=self.query.name,
                    columns=counted(len(columns), "{count} column", "{count} columns"),
                    names=", ".join(columns),
                    given=counted(len(words), "{count} value was given", "{count} values were given"),
                )
            )

    def _recorded(self, key: str) -> Explanation:
        """What the state store knows."""
        name, store = self.query.name, self.store
        delivery, reject = store.delivery(name, key), store.reject(name, key)
        number = self._open_upload(key)
        if number is None and delivery is not None:
            number = delivery.upload_id
        if number is None and reject is not None:
            number = reject.upload_id
        return Explanation(
            key,
            upload=None if number is None else store.upload(number),
            line=self._line(number, key),
            passed=delivery is not None and delivery.upload_id is None,
            waiting=store.waiting_row(name, key),
            reject=reject,
        )

    def _open_upload(self, key: str) -> int | None:
        """The upload on its way that holds the row."""
        return next((one for one in self.ledger.unsettled() if key in self.ledger.load(one).keys), None)

    def _line(self, number: int | None, key: str) -> str:
        """The row as it stands in an upload; empty when its lines are kept no more."""
        if number is None:
            return ""
        try:
            upload = self.ledger.load(number)
        except SyncdError:
            return ""
        lines = zip(upload.keys, upload.lines, strict=True)
        return next((self._shown(upload.header, line) for known, line in lines if known == key), "")

    def _shown(self, header: str, line: str) -> str:
        """Header and line, contacts hidden where they leave in plain text."""
        return f"{header}\n{hide_contacts(header, line, kind_of(self.query).private_columns)}"

    def _in_source(self, words: Sequence[str]) -> dict[str, InSource]:
        """The rows that the query returns for the key, by their canonical keys."""
        (page,) = self.source.by_key([tuple(words)])
        if not page.rows:
            return {}
        plan = layout(self.query, page.columns)
        mapper, now, position = Mapper(self.query, plan), self.clock.now(), self.ledger.position()
        start = began(self.query, self.source, position)
        found: dict[str, InSource] = {}
        for row in page.rows:
            mapped = mapper.map(Page(page.columns, [row], None, exhausted=True), now)
            values = [row[place] for place in plan.mark]
            mark = None if None in values else Mark(tuple(values))  # type: ignore[arg-type]  # as the source's own
            read = bool(mark and position and position.mark and self._is_behind(mark, position.mark))
            lines = lines_of(mapped)
            key, line = lines[0] if lines else (mapped.rejects[0].key, "")
            due = datetime.fromtimestamp(mapped.waiting[0].moment, now.tzinfo) if mapped.waiting else None
            found[key] = InSource(
                mark,
                read,
                before_start=bool(mark and start and self._is_before(mark, start)),
                line=self._shown(mapper.header, line) if line else "",
                due=due,
                reject=mapped.rejects[0] if mapped.rejects else None,
            )
        return found

    def _is_before(self, mark: Mark, start: Mark) -> bool:
        return mark.values[: len(start.values)] != start.values and self._is_behind(mark, start)

    def _is_behind(self, mark: Mark, position: Mark) -> bool:
        """Whether a mark is at or behind another, by the database's own order: the row itself is between."""
        return bool(next(self.source.scan(mark, upto=position, page_rows=1)).rows)
