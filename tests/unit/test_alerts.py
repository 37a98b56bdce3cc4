"""What is told of trouble, and when: once it lasts, once when it is over, and reminders between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from syncd.model.alerts import Key, Remembered
from syncd.monitoring.alerts.decisions import OWED_FOR, AlertTerms, MessageLine, decide
from syncd.monitoring.alerts.messages import compose
from syncd.monitoring.alerts.troubles import KIND_OF, AlertKind, Trouble, find_troubles
from syncd.monitoring.status import FailureFacts, FindingCode, QueryFacts, build_report

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
TERMS = AlertTerms(list(AlertKind), timedelta(minutes=10), timedelta(hours=24))
FAILING: Key = (AlertKind.FAILING, "orders")


class Listener:
    """Plays the daemon: looks, remembers, and has every message taken at once unless told otherwise."""

    def __init__(self, terms: AlertTerms = TERMS) -> None:
        self.terms = terms
        self.memory: dict[Key, Remembered] = {}

    def look(self, now: datetime, *keys: Key, taken: bool = True) -> list[MessageLine]:
        """Give what is told while these troubles are there."""
        troubles = {key: Trouble(AlertKind(key[0]), key[1], "words") for key in keys}
        told = []
        for step in decide(troubles, self.memory, self.terms, now):
            assert self.memory.get(step.key) == step.before
            self.memory.pop(step.key, None)
            after = step.after
            if step.item is not None:
                told.append(step.item)
            if after is not None and after.is_owed and taken:
                after = None if after.is_over else Remembered(after.since, after.told_at, after.words)
            if after is not None:
                self.memory[step.key] = after
        return told


def minutes(count: float) -> datetime:
    """So long after the start."""
    return START + timedelta(minutes=count)


def test_trouble_is_told_once_it_lasts_then_daily_then_its_end() -> None:
    """Ten minutes of trouble are one message, a day of it a reminder, its end another one."""
    listener = Listener()
    assert listener.look(minutes(0), FAILING) == []
    assert listener.look(minutes(9), FAILING) == []
    (first,) = listener.look(minutes(10), FAILING)
    assert (first.kind, first.since, first.is_reminder) == (AlertKind.FAILING, START, False)
    assert listener.look(minutes(1449), FAILING) == []
    (second,) = listener.look(minutes(1450), FAILING)
    assert second.is_reminder
    (over,) = listener.look(minutes(1460))
    assert (over.kind, over.query) == (AlertKind.RECOVERED, "orders")
    assert listener.look(minutes(1470)) == []
    assert listener.memory == {}


def test_what_heals_in_time_is_never_told() -> None:
    """Neither the trouble nor its end; and the next trouble waits for its own ten minutes."""
    listener = Listener()
    for start in (0, 20, 40):
        assert listener.look(minutes(start), FAILING) == []
        assert listener.look(minutes(start + 9), FAILING) == []
        assert listener.look(minutes(start + 9.5)) == []


def test_only_what_is_wanted_is_told() -> None:
    """`on` leaves kinds out, the recoveries too."""
    listener = Listener(AlertTerms([AlertKind.HALTED], timedelta(0), timedelta(hours=1)))
    halted: Key = (AlertKind.HALTED, "orders")
    assert [item.kind for item in listener.look(START, FAILING, halted)] == [AlertKind.HALTED]
    assert listener.look(minutes(1)) == []


def test_a_message_that_nobody_took_is_told_again() -> None:
    """It is no reminder: its receiver may not have heard of the trouble; the same holds for its end."""
    listener = Listener(AlertTerms(list(AlertKind), timedelta(0), timedelta(hours=24)))
    assert len(listener.look(START, FAILING, taken=False)) == 1
    assert listener.look(START + OWED_FOR / 2, FAILING) == []
    (told,) = listener.look(START + OWED_FOR, FAILING)
    assert not told.is_reminder
    assert len(listener.look(minutes(10), taken=False)) == 1
    assert listener.look(minutes(11)) == []
    assert len(listener.look(minutes(12))) == 1


@given(st.lists(st.tuples(st.floats(0.1, 60), st.booleans()), max_size=60))
def test_messages_alternate(steps: list[tuple[float, bool]]) -> None:
    """Whatever comes and goes: between two messages of one trouble lies a day or its end, and vice versa."""
    listener, now, told = Listener(), START, list[tuple[datetime, MessageLine]]()
    for pause, is_wrong in steps:
        now += timedelta(minutes=pause)
        told += [(now, item) for item in listener.look(now, *([FAILING] if is_wrong else []))]
    news = [item.kind for _, item in told if not item.is_reminder]
    assert news == [AlertKind.FAILING, AlertKind.RECOVERED] * (len(news) // 2) + [AlertKind.FAILING] * (
        len(news) % 2
    )


def test_words_hold_no_value_of_a_row() -> None:
    """The message of an error may quote what the database said; an alert says what its class means."""
    secret = "Иванов +79991234567"
    facts = QueryFacts(
        name="orders",
        enabled=True,
        counter=1,
        interval=timedelta(minutes=5),
        started_at=START,
        finished_at=START,
        failures=3,
        failure=FailureFacts("source.refused", f"invalid input: {secret}", "Correct the sql of NAME."),
    )
    report = build_report(version="1", now=START, state_ok=True, queries=[facts])
    troubles = find_troubles(report)
    assert set(troubles) == {(AlertKind.FAILING, "orders")}
    words = troubles[FAILING].words
    assert secret not in words
    assert "source.refused" in words
    assert "syncd preview orders" in words


def test_every_bad_finding_is_told() -> None:
    """What is red in `status` has a kind that people can be told of."""
    assert {FindingCode.HALTED, FindingCode.FAILING, FindingCode.LATE, FindingCode.STUCK} <= set(KIND_OF)


def test_one_message_tells_several() -> None:
    """Its title counts them, its body has a paragraph for each, the trouble first."""
    items = [
        MessageLine(AlertKind.RECOVERED, "a", "failing: words", START),
        MessageLine(AlertKind.QUOTA, "b", "The day is spent.", START),
        MessageLine(AlertKind.HALTED, "c", "Stopped.", START),
    ]
    message = compose(items, START)
    assert message.title == "syncd: 2 troubles, 1 recovered"
    assert message.body.index("The day is spent.") < message.body.index("It is over")
    assert "2026-03-01 12:00:00 UTC" in message.body
    assert compose(items[1:2], START).title == "syncd: b: quota"
