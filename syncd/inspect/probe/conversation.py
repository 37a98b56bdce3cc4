"""Asking the questions: each is kept reply by reply, and those that wait do so side by side."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from syncd.inspect.probe.files import ID_TYPE
from syncd.inspect.probe.question import Asking, Question, Scene
from syncd.model.clock import Clock
from syncd.model.probing import ProbeReply, ProbeRequest


class Asker(Protocol):
    """Metrica, as a probe sees it."""

    def seconds_there(self) -> int:
        """Tell the time by Metrica's clock, in unix seconds."""
        ...

    def exchange(self, request: ProbeRequest) -> ProbeReply:
        """Make one request and give the answer, also one that refuses it. Raises MetricaError."""
        ...


@dataclass(slots=True)
class Transcript:
    """The requests of one question so far, and their answers."""

    began: int
    answer: str = ""
    """Empty while the question is being asked."""
    exchanges: list[tuple[dict[str, object], ProbeReply]] = field(default_factory=list)
    """The requests, without their files, and the reply to each."""

    def as_json(self) -> str:
        """The text that the state store keeps."""
        exchanges = [{"request": request, **asdict(reply)} for request, reply in self.exchanges]
        return json.dumps({"began": self.began, "exchanges": exchanges}, ensure_ascii=False)

    @classmethod
    def read(cls, answer: str, raw: str) -> Transcript:
        """Read what the state store kept."""
        document: Mapping[str, Any] = json.loads(raw)
        exchanges = [
            (one["request"], ProbeReply(one["status"], one["text"], one["at"]))
            for one in document["exchanges"]
        ]
        return cls(document["began"], answer, exchanges)


Keep = Callable[[Question, Transcript], None]
"""Keeps a transcript; called after each reply."""


def ask_all(
    questions: Iterable[tuple[int, Question]],
    asker: Asker,
    known: Mapping[str, Transcript],
    keep: Keep,
    *,
    clock: Clock,
    sleep: Callable[[float], None],
    visitor: str = "",
) -> None:
    """Ask those questions that have no answer yet, with their places in the list of all.

    A question that was broken off hears the replies it had, and goes on after them. Raises MetricaError.
    """
    wanted = [(place, question) for place, question in questions if not _is_answered(known, question)]
    first = [one for one in wanted if one[1] is ID_TYPE]
    id_type = known[ID_TYPE.name].answer if ID_TYPE.name in known else ""

    def keep_and_learn(question: Question, transcript: Transcript) -> None:
        nonlocal id_type
        keep(question, transcript)
        if question is ID_TYPE:
            id_type = transcript.answer

    for part in (first, [one for one in wanted if one not in first]):
        scene = Scene(0, 0, "CLIENT_ID" if id_type == "required" else "", visitor, asker.seconds_there)
        talks = [_Talk(scene, place, question, known.get(question.name)) for place, question in part]
        _converse(talks, asker, keep_and_learn, clock, sleep)


class _Talk:
    """One question on its way to its answer."""

    def __init__(self, scene: Scene, place: int, question: Question, before: Transcript | None) -> None:
        self.question = question
        self.transcript = before or Transcript(scene.seconds_there())
        self._asking: Asking = question.ask(replace(scene, began=self.transcript.began, place=place))
        self.request: ProbeRequest | None = next(self._asking)
        for _, reply in self.transcript.exchanges:
            self._hear(reply)

    def take(self, request: ProbeRequest, reply: ProbeReply) -> None:
        """Take the reply to the request; afterwards there is another request, or the answer."""
        told: dict[str, object] = {
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
        }
        self.transcript.exchanges.append((told, reply))
        self._hear(reply)

    def _hear(self, reply: ProbeReply) -> None:
        try:
            self.request = self._asking.send(reply)
        except StopIteration as end:
            self.request, self.transcript.answer = None, end.value


def _converse(
    talks: list[_Talk], asker: Asker, keep: Keep, clock: Clock, sleep: Callable[[float], None]
) -> None:
    """Make the request that is due next, until every question has its answer."""
    started = clock.seconds()
    due = [(0.0, order, talk) for order, talk in enumerate(talks)]
    while due:
        moment, order, talk = heapq.heappop(due)
        if (wait := moment - (clock.seconds() - started)) > 0:
            sleep(wait)
        if talk.request is not None:
            talk.take(talk.request, asker.exchange(talk.request))
        keep(talk.question, talk.transcript)
        if talk.request is not None:
            # What does not wait goes on at once: one question after the other.
            next_moment = clock.seconds() - started + talk.request.after if talk.request.after else moment
            heapq.heappush(due, (next_moment, order, talk))


def _is_answered(known: Mapping[str, Transcript], question: Question) -> bool:
    return question.name in known and bool(known[question.name].answer)
