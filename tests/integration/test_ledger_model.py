"""Random histories of one query against a small model: each row ends in one place, the mark moves last."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.control import note

from syncd.ledger import QueryLedger, Store
from syncd.model import Chunk, Mark, Origin, RowFate, Rows, Upload, UploadState
from syncd.model.keys import key_text
from tests.support.fix_ledger import HEADER, NOW, bad, ledger_of, receipt, row, tag

_queries = count(1)


@dataclass
class Model:
    """What the store should know."""

    mark: int | None = None
    delivered: set[str] = field(default_factory=set)
    rejected: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    open: dict[str, list[str]] = field(default_factory=dict)
    """The names in each open upload, by tag, in the order in which they are to be settled."""
    marks: dict[str, int] = field(default_factory=dict)
    """The marks that open uploads carry, by tag."""
    states: dict[str, UploadState] = field(default_factory=dict)


class History:
    """One query, driven at random; every step is also taken in the model, and the two are compared."""

    def __init__(self, store: Store, draw: st.DataObject) -> None:
        self.store = store
        self.query = f"q{next(_queries)}"
        self.draw = draw
        self.model = Model()
        self.names = count(1)
        self.marks = count(1)

    @property
    def ledger(self) -> QueryLedger:
        """As after a restart: nothing is kept in the process."""
        return ledger_of(self.store, self.query)

    def pick(self) -> Upload:
        """Any open upload, as loaded from the store."""
        ids = self.ledger.unsettled()
        return self.ledger.load(self.draw.draw(st.sampled_from(ids)))

    # --- the steps ---

    def record(self) -> None:
        """A chunk of rows of all kinds, or of none, with or without a mark."""
        fresh = [str(next(self.names)) for _ in range(self.draw.draw(st.integers(1, 6)))]
        kinds = [self.draw.draw(st.sampled_from(["ready", "waiting", "reject"])) for _ in fresh]
        by_kind = {
            kind: [name for name, its in zip(fresh, kinds, strict=True) if its == kind] for kind in kinds
        }
        chunk = Chunk(
            header=HEADER,
            ready=Rows.of(row(name) for name in by_kind.get("ready", [])),
            waiting=[row(name) for name in by_kind.get("waiting", [])],
            rejects=[bad(name) for name in by_kind.get("reject", [])],
        )
        # A chunk of the query itself is only read once the one before is settled (Pipeline.run).
        if not self.model.open:
            chunk.mark = Mark((next(self.marks),))
        self.model.rejected |= set(by_kind.get("reject", []))
        self.model.waiting |= set(by_kind.get("waiting", []))
        self.put(chunk, by_kind.get("ready", []))

    def release(self) -> None:
        """The waiting rows that are due make an upload, unless one is open."""
        if self.model.open:
            return
        header, due = self.ledger.fetch_due_rows(NOW, 3)
        if due:
            names = [conversion.line.split(",")[0] for conversion in due]
            assert set(names) <= self.model.waiting
            self.put(Chunk(Origin.WAITING, header=header, ready=Rows.of(due)), names)
        else:
            assert not self.model.waiting

    def put(self, chunk: Chunk, names: list[str]) -> None:
        """Record a chunk in both."""
        number = int(str(chunk.mark.values[0])) if chunk.mark else None
        if not chunk.ready:
            self.ledger.record(chunk)
            self.model.mark = number or self.model.mark
            return
        upload = self.ledger.begin(chunk, tag(), NOW)
        self.model.open[upload.tag] = names
        self.model.states[upload.tag] = UploadState.SENDING
        if number is not None:
            self.model.marks[upload.tag] = number

    def accept(self) -> None:
        """Metrica has it; sometimes told twice."""
        upload = self.pick()
        for _ in range(self.draw.draw(st.integers(1, 2))):
            self.ledger.accept(upload, receipt(upload.id), NOW)
        names = set(self.model.open.pop(upload.tag))
        self.model.delivered |= names
        self.model.waiting -= names
        self.model.rejected -= names
        self.model.mark = self.model.marks.pop(upload.tag, self.model.mark)

    def refuse(self) -> None:
        """Metrica refuses it: halves, or a reject."""
        upload = self.pick()
        names = self.model.open[upload.tag]
        if len(names) == 1:
            self.ledger.refuse(upload, "no", NOW)
            self.model.open.pop(upload.tag)
            self.model.rejected |= set(names)
            self.model.waiting -= set(names)
            self.model.mark = self.model.marks.pop(upload.tag, self.model.mark)
            return
        first, second = self.ledger.split(upload, (tag(), tag()), NOW)
        middle = len(names) // 2
        halves = {first.tag: names[:middle], second.tag: names[middle:]}
        # They stand where their parent stood, so that the mark is still moved by the last of them.
        self.model.open = {
            its: rows
            for old, old_rows in self.model.open.items()
            for its, rows in (halves.items() if old == upload.tag else [(old, old_rows)])
        }
        self.model.states |= dict.fromkeys(halves, UploadState.PLANNED)
        if upload.tag in self.model.marks:
            self.model.marks[second.tag] = self.model.marks.pop(upload.tag)

    def lose(self) -> None:
        """Metrica did not take it."""
        upload = self.pick()
        self.ledger.not_received(upload)
        self.model.states[upload.tag] = UploadState.PLANNED

    def send(self) -> None:
        """Its POST begins again."""
        upload = self.pick()
        self.ledger.sending(upload, NOW)
        self.model.states[upload.tag] = UploadState.SENDING

    # --- the comparison ---

    def check(self) -> None:
        """The store knows what the model knows."""
        model, ledger = self.model, self.ledger
        position = ledger.position()
        mark = position.mark if position else None
        assert mark == (None if model.mark is None else Mark((model.mark,)))
        uploads = [ledger.load(upload_id) for upload_id in ledger.unsettled()]
        assert {upload.tag: [line.split(",")[0] for line in upload.lines] for upload in uploads} == model.open
        assert {upload.tag: upload.state for upload in uploads} == {
            its: model.states[its] for its in model.open
        }
        carrying = [upload.tag for upload in uploads if upload.mark is not None]
        assert carrying == [its for its in model.open if its in model.marks]
        assert len(carrying) <= 1
        if carrying:
            # Of one family, the upload with the mark is settled last.
            roots = [self.root(upload) for upload in uploads]
            tags = [upload.tag for upload in uploads]
            ours = roots[tags.index(carrying[0])]
            assert [its for its, root in zip(tags, roots, strict=True) if root == ours][-1] == carrying[0]
        rejected = {reject.key for reject in self.store.rejects(self.query)}
        assert rejected == {key_text([name]) for name in model.rejected}
        names = [str(number) for number in range(1, 400)]
        known = ledger.find_known([key_text([name]) for name in names])
        for kind, expected in ((RowFate.DELIVERED, model.delivered), (RowFate.WAITING, model.waiting)):
            found = {key for key, its in known.items() if its.state is kind}
            assert found == {key_text([name]) for name in expected}

    def root(self, upload: Upload) -> int:
        """The id of the upload that it was split off from first, or its own."""
        shown = self.store.upload(upload.id)
        assert shown is not None
        return shown.root_id or shown.id


@pytest.mark.parametrize("settle_all", [False, True])
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_every_row_ends_in_exactly_one_place(store: Store, settle_all: bool, data: st.DataObject) -> None:  # noqa: FBT001 — a parameter of pytest's
    """Whatever happens in whatever order, store and model agree; at the end no row is missing or twice."""
    history = History(store, data)
    for _ in range(data.draw(st.integers(1, 12))):
        always = [history.record, history.release]
        with_open = [history.accept, history.refuse, history.lose, history.send]
        step = data.draw(st.sampled_from([*always, *(with_open if history.model.open else [])]))
        note(step.__name__)
        step()
        history.check()
    if not settle_all:
        return
    while history.model.open or history.model.waiting:
        if history.model.open:
            data.draw(st.sampled_from([history.accept, history.refuse]))()
        else:
            history.release()
    history.check()
    total = next(history.names) - 1
    model = history.model
    assert len(model.delivered) + len(model.rejected) == total
    assert model.delivered.isdisjoint(model.rejected)
    if next(history.marks) > 1:
        assert model.mark is not None
