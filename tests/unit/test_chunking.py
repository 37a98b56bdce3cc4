"""Which rows are news: each row of a page ends in exactly one place, and no chunk passes its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.model import Chunk, Conversion, Known, Mapped, Origin, Reason, Reject, RowFate, Rows, keys
from syncd.pipeline.chunking import chunking
from syncd.pipeline.chunking.news import PASSED, Rules

SPLIT = keys.split_of("ClientId,Target,DateTime,Price,Currency")
IGNORE, RESEND = Rules("ignore", SPLIT), Rules("resend", SPLIT)

names = st.sampled_from("abcde")
moments = st.sampled_from([1_700_000_000, 1_700_000_001])
prices = st.sampled_from(["", "1", "2.50"])


def a_row(name: str, price: str = "1", moment: int = 1_700_000_000) -> Conversion:
    """A conversion whose key is its name; another moment makes it another conversion."""
    return Conversion(keys.key_text([name]), f"{name},я,{moment},{price},RUB", moment)


def a_reject(name: str) -> Reject:
    """A bad row."""
    return Reject(keys.key_text([name]), Reason.PRICE_NEGATIVE, "Price", "-1", "{}")


def known_as(row: Conversion, state: RowFate = RowFate.DELIVERED) -> Known:
    """What the ledger remembers of a conversion."""
    head, money = SPLIT.parts(row.line)
    return Known(state, keys.identity(head), money)


def passed() -> Known:
    """What the ledger remembers of a row that was there before `start: now`."""
    return Known(RowFate.DELIVERED, PASSED, "")


rows = st.builds(a_row, names, prices, moments)
known_ones = st.builds(known_as, rows, st.sampled_from(RowFate)) | st.builds(passed)
pages = st.builds(
    Mapped,
    st.lists(rows, max_size=8).map(Rows.of),
    st.lists(rows, max_size=4),
    st.lists(st.builds(a_reject, names), max_size=4),
)
memories = st.dictionaries(names.map(lambda name: keys.key_text([name])), known_ones)
all_rules = st.sampled_from([IGNORE, RESEND])


def add(
    *ready: Conversion,
    waiting: Sequence[Conversion] = (),
    rejects: Sequence[Reject] = (),
    known: Mapping[str, Known] | None = None,
    rules: Rules = IGNORE,
    chunk: Chunk | None = None,
) -> Chunk:
    """The chunk after one page."""
    chunk = chunk or Chunk()
    chunking.add(chunk, Mapped(Rows.of(ready), list(waiting), list(rejects)), known or {}, rules)
    return chunk


@given(st.lists(pages, max_size=4), memories, all_rules)
def test_every_row_ends_in_exactly_one_place(
    several: list[Mapped], memory: dict[str, Known], rules: Rules
) -> None:
    """Sent, waiting, rejected and known rows together are the rows read, over any number of pages."""
    chunk = Chunk()
    for page in several:
        chunking.add(chunk, page, memory, rules)
    kept = len(chunk.ready) + len(chunk.waiting) + len(chunk.rejects) + chunk.rows_known
    read = sum(len(page.ready) + len(page.waiting) + len(page.rejects) for page in several)
    assert chunk.rows_read == read == kept


@given(st.lists(pages, max_size=4), memories, all_rules)
def test_no_key_is_sent_twice_in_a_file(
    several: list[Mapped], memory: dict[str, Known], rules: Rules
) -> None:
    """Duplicates inside a page or between pages of a chunk make one line at most."""
    chunk = Chunk()
    for page in several:
        chunking.add(chunk, page, memory, rules)
    sent = chunk.ready.keys
    assert len(sent) == len(set(sent))


@given(st.lists(pages, max_size=4), memories, all_rules)
def test_the_size_is_that_of_the_lines(several: list[Mapped], memory: dict[str, Known], rules: Rules) -> None:
    """`size` counts the UTF-8 bytes of the lines to send, line ends included."""
    chunk = Chunk()
    for page in several:
        chunking.add(chunk, page, memory, rules)
    assert chunk.size == len("".join(line + "\n" for line in chunk.ready.lines).encode())


@given(pages, memories, all_rules)
def test_nothing_delivered_is_sent_as_another_conversion(
    page: Mapped, memory: dict[str, Known], rules: Rules
) -> None:
    """A key that was delivered is sent again only as the same conversion with other money."""
    chunk = Chunk()
    chunking.add(chunk, page, memory, rules)
    for key, line in zip(chunk.ready.keys, chunk.ready.lines, strict=True):
        known = memory.get(key)
        if known is not None and known.state is RowFate.DELIVERED:
            assert rules.on_change == "resend"
            assert keys.fingerprint(line, rules.split)[0] == known.identity


@given(st.integers(1, 300), st.lists(st.sampled_from(["new", "known", "bad"]), max_size=400))
def test_a_chunk_never_passes_its_rows(chunk_rows: int, kinds: list[str]) -> None:
    """Reading as many rows as wanted, whatever they turn out to be, never overfills a chunk."""
    chunk, source = Chunk(), [(str(number), kind) for number, kind in enumerate(kinds)]
    while source and not chunking.is_full(chunk, chunk_rows):
        wanted = chunking.rows_wanted(chunk, chunk_rows)
        assert 0 < wanted <= chunking.PAGE_ROWS
        page, source = source[:wanted], source[wanted:]
        news = [a_row(name) for name, kind in page if kind != "bad"]
        memory = {a_row(name).key: known_as(a_row(name)) for name, kind in page if kind == "known"}
        add(
            *news, rejects=[a_reject(name) for name, kind in page if kind == "bad"], known=memory, chunk=chunk
        )
    assert len(chunk.ready) <= chunk_rows


@pytest.mark.parametrize(
    ("chunk", "full"),
    [
        (Chunk(), False),
        (Chunk(ready=Rows.of([a_row("a")] * 99)), False),
        (Chunk(ready=Rows.of([a_row("a")] * 100)), True),
        (Chunk(size=chunking.LARGEST_FILE - chunking.LARGEST_PAGE), False),
        (Chunk(size=chunking.LARGEST_FILE - chunking.LARGEST_PAGE + 1), True),
        (Chunk(rows_read=100 + 10 * chunking.PAGE_ROWS - 1), False),
        (Chunk(rows_read=100 + 10 * chunking.PAGE_ROWS), True),
    ],
)
def test_when_a_chunk_is_full(chunk: Chunk, *, full: bool) -> None:
    """At its rows, while a whole page still fits under 1 GB, or when enough was read to be recorded."""
    assert chunking.is_full(chunk, 100) is full


def test_the_largest_page_fits() -> None:
    """A page of the longest lines there can be stays under LARGEST_PAGE, so no file passes 1 GB."""
    text = '"' + "𝄞" * 255 + '"'
    digits = "9" * 20
    line = ",".join([digits, text, digits, text, text, "2147483647", "9" * 40, "RUB"])
    assert chunking.PAGE_ROWS * len((line + "\n").encode()) <= chunking.LARGEST_PAGE


@pytest.mark.parametrize("on_change", ["ignore", "resend"])
@pytest.mark.parametrize(
    ("known", "ignored", "resent"),
    [
        (None, "sent", "sent"),
        (known_as(a_row("a")), "known", "known"),
        (known_as(a_row("a", price="2")), "known", "sent"),
        (known_as(a_row("a", price="")), "known", "sent"),
        (known_as(a_row("a", moment=5)), "rejected", "rejected"),
        (known_as(a_row("b")), "rejected", "rejected"),
        (known_as(a_row("a"), RowFate.WAITING), "sent", "sent"),
        (known_as(a_row("a", price="1.00")), "known", "known"),
        (known_as(a_row("a", moment=5), RowFate.WAITING), "sent", "sent"),
        (known_as(a_row("a"), RowFate.REJECTED), "known", "known"),
        (known_as(a_row("a", price="2"), RowFate.REJECTED), "sent", "sent"),
        (known_as(a_row("a", moment=5), RowFate.REJECTED), "sent", "sent"),
        (passed(), "known", "known"),
    ],
)
def test_a_row_read_again(
    known: Known | None, ignored: str, resent: str, on_change: Literal["ignore", "resend"]
) -> None:
    """What becomes of a good row, by what is remembered of its key."""
    row = a_row("a")
    memory = {} if known is None else {row.key: known}
    chunk = add(row, known=memory, rules=Rules(on_change, SPLIT))
    counts = {"sent": len(chunk.ready), "rejected": len(chunk.rejects), "known": chunk.rows_known}
    expected = ignored if on_change == "ignore" else resent
    assert {name: count for name, count in counts.items() if count} == {expected: 1}


def test_a_changed_identity_is_told() -> None:
    """The reject of a delivered key with another DateTime says why it is not sent."""
    chunk = add(a_row("a", moment=2), known={a_row("a").key: known_as(a_row("a"))})
    (reject,) = chunk.rejects
    assert reject.reason is Reason.IDENTITY_CHANGED
    assert reject.key == a_row("a").key
    assert "twice" in reject.detail


@pytest.mark.parametrize(
    ("second", "rules", "lines", "known", "rejects"),
    [
        (a_row("a"), IGNORE, [a_row("a").line], 1, 0),
        (a_row("a"), RESEND, [a_row("a").line], 1, 0),
        (a_row("a", price="2"), IGNORE, [a_row("a").line], 1, 0),
        (a_row("a", price="2"), RESEND, [a_row("a", price="2").line], 1, 0),
        (a_row("a", moment=2), IGNORE, [a_row("a").line], 0, 1),
        (a_row("a", moment=2), RESEND, [a_row("a").line], 0, 1),
    ],
)
@pytest.mark.parametrize("pages", [1, 2])
def test_the_same_key_twice_in_a_chunk(
    second: Conversion, rules: Rules, lines: list[str], known: int, rejects: int, pages: int
) -> None:
    """In one page or two: one line, the newest money with `resend`; another conversion is rejected."""
    if pages == 1:
        chunk = add(a_row("a"), second, rules=rules)
    else:
        chunk = add(second, rules=rules, chunk=add(a_row("a"), rules=rules))
    assert chunk.ready.lines == lines
    assert (chunk.rows_known, len(chunk.rejects)) == (known, rejects)


@pytest.mark.parametrize(
    ("known", "where"),
    [
        (None, "waiting"),
        (known_as(a_row("a"), RowFate.WAITING), "known"),
        (known_as(a_row("a", price="2"), RowFate.WAITING), "waiting"),
        (known_as(a_row("a", moment=5), RowFate.WAITING), "waiting"),
        (known_as(a_row("a")), "known"),
        (known_as(a_row("a", moment=5)), "rejects"),
        (passed(), "known"),
    ],
)
def test_a_waiting_row_read_again(known: Known | None, where: str) -> None:
    """It is kept once, in its newest form; a delivered key does not wait as another conversion."""
    memory = {} if known is None else {a_row("a").key: known}
    chunk = add(waiting=[a_row("a")], known=memory)
    counts = {"waiting": len(chunk.waiting), "rejects": len(chunk.rejects), "known": chunk.rows_known}
    assert {name for name, count in counts.items() if count} == {where}


def test_a_row_that_moved_into_the_future_is_told() -> None:
    """A key that is sent by this very chunk and comes again with a future DateTime is rejected, not lost."""
    chunk = add(a_row("a"), waiting=[a_row("a", moment=2_000_000_000)])
    assert chunk.ready.lines == [a_row("a").line]
    assert not chunk.waiting
    assert [reject.reason for reject in chunk.rejects] == [Reason.IDENTITY_CHANGED]


@pytest.mark.parametrize(
    ("known", "rules", "rejected"),
    [
        (None, IGNORE, True),
        (known_as(a_row("a")), IGNORE, False),
        (known_as(a_row("a")), RESEND, True),
        (passed(), IGNORE, False),
        (passed(), RESEND, False),
        (known_as(a_row("a"), RowFate.WAITING), IGNORE, True),
        (known_as(a_row("a"), RowFate.REJECTED), IGNORE, True),
    ],
)
def test_a_row_that_turned_bad(known: Known | None, rules: Rules, *, rejected: bool) -> None:
    """A delivered row that turned bad is left alone, unless its change should have been sent."""
    memory = {} if known is None else {a_reject("a").key: known}
    chunk = add(rejects=[a_reject("a")], known=memory, rules=rules)
    assert (len(chunk.rejects), chunk.rows_known) == ((1, 0) if rejected else (0, 1))


def test_recorded_rejects_are_taken_out() -> None:
    """A reject that is recorded just the same counts as known."""
    chunk = add(rejects=[a_reject("a"), a_reject("b")])
    chunking.without(chunk, frozenset({a_reject("a").key}))
    assert [reject.key for reject in chunk.rejects] == [a_reject("b").key]
    assert chunk.rows_known == 1
    chunking.without(chunk, frozenset())
    assert len(chunk.rejects) == 1


def test_rejects_alone_leave_the_mark() -> None:
    """What is recorded at the reject limit has nothing to send and no mark."""
    chunk = add(a_row("a"), rejects=[a_reject("b"), a_reject("c"), a_reject("d")])
    told = chunking.rejects_only(chunk, 2)
    assert (told.origin, told.mark, told.ready) == (Origin.QUERY, None, Rows())
    assert [reject.key for reject in told.rejects] == [a_reject("b").key, a_reject("c").key]


@given(st.lists(pages, max_size=4), memories, all_rules, st.integers(1, 5))
def test_a_chunk_that_is_cut_has_all_of_it_in_two(
    several: list[Mapped], memory: dict[str, Known], rules: Rules, rows: int
) -> None:
    """The first sends as many rows as asked for; both count what is theirs; what is not sent goes first."""
    whole = Chunk(header="ClientId")
    for page in several:
        chunking.add(whole, page, memory, rules)
    first, second = chunking.cut(whole, rows)
    assert len(first.ready) == min(rows, len(whole.ready))
    assert [*first.ready.lines, *second.ready.lines] == whole.ready.lines
    assert [*first.ready.keys, *second.ready.keys] == whole.ready.keys
    assert first.rows_read + second.rows_read == whole.rows_read
    assert (first.rows_known, first.rejects, first.waiting) == (
        whole.rows_known,
        whole.rejects,
        whole.waiting,
    )
    assert (second.rows_known, second.rejects, second.waiting, second.header) == (0, [], [], whole.header)
    for part in (first, second):
        assert part.codes == []
        assert part.size == sum(len(line.encode()) + 1 for line in part.ready.lines)
