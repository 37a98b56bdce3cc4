"""The questions of `syncd probe`, asked of the emulator: every answer is its switch's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.emulator.settings import EmulatorSettings
from syncd.inspect.probe.conversation import Transcript, ask_all
from syncd.inspect.probe.question import Question
from syncd.inspect.probe.questions import QUESTIONS
from syncd.metrica.client import MetricaClient
from syncd.metrica.probing import Prober
from syncd.model.probing import ProbeReply, ProbeRequest
from tests.support.centre import metrica_client

COUNTER = 555
VISITOR = "1234567890"
PLACES = {question.name: place for place, question in enumerate(QUESTIONS)}
KNOWN_VISITOR: dict[str, object] = {"visitors": [VISITOR]}

ANSWERS: list[tuple[str, dict[str, object], str]] = [
    ("client_id_type", {"client_id_type": "ignored"}, "ignored"),
    ("client_id_type", {"client_id_type": "enforced"}, "enforced"),
    ("client_id_type", {"client_id_type": "required"}, "required"),
    ("bad_row", {"bad_row": "refuse_file"}, "refuse_file"),
    ("bad_row", {"bad_row": "drop_row"}, "drop_row"),
    ("header_case", {"header_case": "exact"}, "exact"),
    ("header_case", {"header_case": "any"}, "any"),
    ("bom", {"bom": "part_of_header"}, "part_of_header"),
    ("bom", {"bom": "ignored"}, "ignored"),
    ("blank_line", {"blank_line": "bad_row"}, "bad_row"),
    ("blank_line", {"blank_line": "bad_row", "bad_row": "drop_row"}, "bad_row"),
    ("blank_line", {"blank_line": "skipped"}, "skipped"),
    ("extra_columns", {"extra_columns": "ignored"}, "ignored"),
    ("extra_columns", {"extra_columns": "refused"}, "refused"),
    ("empty_money", {"empty_money": "accepted"}, "accepted"),
    ("empty_money", {"empty_money": "bad_row"}, "bad_row"),
    ("negative_price", {"negative_price": "bad_row"}, "bad_row"),
    ("negative_price", {"negative_price": "bad_row", "bad_row": "drop_row"}, "bad_row"),
    ("negative_price", {"negative_price": "accepted"}, "accepted"),
    ("row_without_id", {"row_without_id": "bad_row"}, "bad_row"),
    ("row_without_id", {"row_without_id": "unlinked"}, "unlinked"),
    ("numeric_ids", {"numeric_ids": "unchecked"}, "unchecked"),
    ("numeric_ids", {"numeric_ids": "checked"}, "checked"),
    ("cyrillic_target", {"cyrillic_target": "accepted"}, "accepted"),
    ("cyrillic_target", {"cyrillic_target": "bad_row"}, "bad_row"),
    ("duplicate_in_file", {"duplicate_in_file": "overwrites"}, "overwrites"),
    ("duplicate_in_file", {"duplicate_in_file": "bad_row"}, "bad_row"),
    ("future_tolerance", {"future_tolerance": 0}, "0 to 10 s"),
    ("future_tolerance", {"future_tolerance": 90}, "60 to 120 s"),
    ("future_tolerance", {"future_tolerance": 1_000_000}, "86400 s and more"),
    ("bad_order", {"bad_order": "failed"}, "failed"),
    ("bad_order", {"bad_order": "refuse_file"}, "refuse_file"),
    ("bad_order", {"bad_order": "drop_row"}, "drop_row"),
    ("negative_revenue", {"negative_revenue": "bad_row"}, "bad_row"),
    ("negative_revenue", {"negative_revenue": "bad_row", "bad_order": "drop_row"}, "bad_row"),
    ("negative_revenue", {"negative_revenue": "accepted"}, "accepted"),
    ("unmapped_status", {"order_statuses": []}, "refused"),
    ("unmapped_status", {"order_statuses": ["syncdprobe"]}, "accepted"),
    ("extended_threshold", {"extended_threshold": "gone"}, "gone"),
    ("extended_threshold", {"extended_threshold": "served"}, "served"),
    ("first_status", {"first_status": "UPLOADED"}, "UPLOADED"),
    ("first_status", {"first_status": "PREPARED"}, "PREPARED"),
    ("list_order", {"list_order": "newest_first"}, "newest_first"),
    ("list_order", {"list_order": "oldest_first"}, "oldest_first"),
    ("quantities", {"quantities": "final"}, "final"),
    ("quantities", {"quantities": "always"}, "always"),
    ("quantities", {"quantities": "zero_until_final"}, "zero_until_final"),
    ("quantities", {"quantities": "never"}, "never"),
    ("processing", {"visitors": "none"}, "LINKAGE_FAILURE after 0 s"),
    ("no_goal_status", {**KNOWN_VISITOR, "goals": [], "no_goal_status": "PROCESSED"}, "PROCESSED"),
    (
        "no_goal_status",
        {**KNOWN_VISITOR, "goals": [], "no_goal_status": "LINKAGE_FAILURE"},
        "LINKAGE_FAILURE",
    ),
    ("linked_counts", {**KNOWN_VISITOR, "goals": [], "linked_counts": "visitor"}, "visitor"),
    (
        "linked_counts",
        {**KNOWN_VISITOR, "goals": [], "linked_counts": "visitor_and_goal"},
        "visitor_and_goal",
    ),
    ("several_ids", KNOWN_VISITOR, "ClientId first"),
    (
        "several_ids",
        {**KNOWN_VISITOR, "several_ids": ["UserId", "PurchaseId", "ClientId", "Yclid"]},
        "UserId, PurchaseId before ClientId",
    ),
    ("good_order", {}, "PASSED"),
    ("order_date_alone", {}, "accepted"),
    ("order_update", {}, "accepted"),
    ("quotes", {}, "accepted"),
    ("crlf", {}, "accepted"),
    ("semicolon", {}, "refused"),
    ("several_id_columns", {}, "accepted"),
    ("resent_price", {}, "accepted"),
]
"""Question, switches, and the answer."""


class EmulatorsClock:
    """The emulator's time, which `sleep` moves."""

    def __init__(self, server: EmulatorServer) -> None:
        self._server = server

    def now(self) -> datetime:
        """Its moment."""
        return datetime.fromtimestamp(self._server.state.now(), UTC)

    def seconds(self) -> float:
        """Its seconds."""
        return self._server.state.now()


@pytest.fixture(scope="module")
def metrica() -> Iterator[EmulatorServer]:
    """One emulator for all questions."""
    with EmulatorServer() as server:
        yield server
    assert not server.state.internal_errors, server.state.internal_errors


@pytest.fixture(scope="module")
def client(metrica: EmulatorServer) -> Iterator[MetricaClient]:
    """One client for all questions."""
    with closing(metrica_client(metrica.url)) as client:
        yield client


@pytest.fixture
def server(metrica: EmulatorServer) -> EmulatorServer:
    """The emulator with nothing in it, each switch in its first position."""
    metrica.clear()
    metrica.state._settings = EmulatorSettings(ripen_after=0.0)  # noqa: SLF001 - all of them back at once
    return metrica


class Asking:
    """Asks some questions, and keeps the answers as texts, as the state store does."""

    def __init__(self, server: EmulatorServer, client: MetricaClient) -> None:
        self.prober = Prober(client, COUNTER, EmulatorsClock(server), lambda text: text)
        self.server = server
        self.kept: dict[str, tuple[str, str]] = {}
        self.requests = 0
        self.stop_after: int | None = None

    def seconds_there(self) -> int:
        """The emulator's time."""
        return int(self.server.state.now())

    def exchange(self, request: ProbeRequest) -> ProbeReply:
        """Ask, unless a person has pressed Ctrl-C."""
        if self.requests == self.stop_after:
            raise KeyboardInterrupt
        self.requests += 1
        return self.prober.exchange(request)

    def ask(self, *names: str) -> dict[str, str]:
        """Ask these questions; the answers."""
        known = {name: Transcript.read(answer, raw) for name, (answer, raw) in self.kept.items()}
        questions = [(PLACES[name], QUESTIONS[PLACES[name]]) for name in names]
        clock = EmulatorsClock(self.server)
        ask_all(questions, self, known, self._keep, clock=clock, sleep=self.server.advance, visitor=VISITOR)
        return {name: answer for name, (answer, _) in self.kept.items()}

    def _keep(self, question: Question, transcript: Transcript) -> None:
        self.kept[question.name] = transcript.answer, transcript.as_json()


@pytest.mark.parametrize(("question", "switches", "answer"), ANSWERS, ids=lambda value: str(value)[:60])
def test_every_answer_is_the_switchs(
    server: EmulatorServer, client: MetricaClient, question: str, switches: dict[str, object], answer: str
) -> None:
    """A question tells the position of its switch, and costs no more than it says."""
    server.configure(**switches)
    asking = Asking(server, client)
    assert asking.ask(question) == {question: answer}
    asked = QUESTIONS[PLACES[question]]
    assert asking.requests <= asked.requests
    assert len(server.conversions(COUNTER)) <= asked.conversions
    assert len(server.orders(COUNTER)) <= asked.orders


def test_no_question_is_left_out() -> None:
    """Each question is asked above or below; names are unique."""
    below = {"list_delay", "list_cap"}
    assert {question for question, *_ in ANSWERS} | below == set(PLACES)
    assert len(PLACES) == len(QUESTIONS)


def test_what_shows_late_is_timed(server: EmulatorServer, client: MetricaClient) -> None:
    """The delay of the list, at most a half more than it is, and the time until the final status."""
    server.configure(ripen_after=100)
    server.fault("list_delay", seconds=40, times=1)
    asking = Asking(server, client)
    delay = asking.ask("list_delay")["list_delay"]
    assert 40 <= int(delay.removesuffix(" s")) <= 60
    status, _, seconds, _ = asking.ask("processing")["processing"].split()
    assert status == "PROCESSED"
    assert 100 <= int(seconds) <= 150


def test_waits_end(server: EmulatorServer, client: MetricaClient) -> None:
    """What never comes is said so, and those that wait do so side by side."""
    server.configure(ripen_after=None)
    server.fault("list_delay", seconds=10**6, times=None)
    before = server.state.now()
    asked = Asking(server, client).ask("list_delay", "quantities", "processing")
    assert asked["list_delay"] == "not within 1 h"
    assert asked["quantities"].startswith("unclear")
    assert server.state.now() - before < 5 * 3600


@pytest.mark.parametrize("order", ["newest_first", "oldest_first"])
def test_capped_pages(server: EmulatorServer, client: MetricaClient, order: str) -> None:
    """The cap is seen where there are more uploads than it, and an upload is found behind it."""
    server.configure(list_cap=100, list_order=order)
    assert Asking(server, client).ask("list_cap") == {"list_cap": "not reached with 0 uploads"}
    server.state.add_history(COUNTER, 250)
    assert Asking(server, client).ask("list_cap", "list_order") == {"list_cap": "100", "list_order": order}


def test_all_questions_where_the_parameter_is_required(server: EmulatorServer, client: MetricaClient) -> None:
    """What is learned first serves the others: they send the parameter."""
    server.configure(client_id_type="required", **KNOWN_VISITOR)
    answers = Asking(server, client).ask(*PLACES)
    assert answers["client_id_type"] == "required"
    assert answers["bad_row"] == "refuse_file"
    assert answers["several_id_columns"] == "accepted"
    assert [name for name, answer in answers.items() if answer.startswith("unclear")] == []


def test_a_question_goes_on_where_it_was(server: EmulatorServer, client: MetricaClient) -> None:
    """Stopped before each of its requests, it makes none of them twice."""
    names = ("client_id_type", "bad_row", "future_tolerance", "list_delay", "several_ids")
    server.configure(**KNOWN_VISITOR)
    whole = Asking(server, client)
    expected = whole.ask(*names)
    asking = Asking(server, client)
    for stop_after in range(whole.requests):
        asking.stop_after = stop_after
        with pytest.raises(KeyboardInterrupt):
            asking.ask(*names)
    asking.stop_after = None
    assert asking.ask(*names) == expected
    assert asking.requests == whole.requests
    assert asking.ask(*names) == expected
    assert asking.requests == whole.requests
