"""`syncd probe`."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from syncd.cli.common import columns, config_option, json_option, print_json, print_table, read_settings
from syncd.language import _, counted
from syncd.model.errors import UsageError
from syncd.model.settings import QuerySettings, Settings
from syncd.model.showing import visible

if TYPE_CHECKING:
    from syncd.inspect.probe.conversation import Transcript
    from syncd.inspect.probe.question import Question
    from syncd.service.resources import Resources

Known = dict[str, "Transcript"]
_DIGITS = 20
_SHOWN = 500
"""Characters of a reply in the table."""


@click.command()
@config_option
@json_option
@click.option("--yes", "is_confirmed", is_flag=True, help="Ask; without it, only say what that would cost.")
@click.option("--question", "names", multiple=True, metavar="NAME", help="This question alone (repeatable).")
@click.option(
    "--client-id",
    "visitor",
    default="",
    metavar="ID",
    help="The ClientId of somebody who visited the counter, which some questions need.",
)
@click.option("--again", "is_again", is_flag=True, help="Ask anew what was answered before.")
@click.argument("counter", type=click.IntRange(1))
def probe(
    *,
    config: Path | None,
    as_json: bool,
    is_confirmed: bool,
    names: tuple[str, ...],
    visitor: str,
    is_again: bool,
    counter: int,
) -> None:
    """Ask a live counter what public documents leave open, and keep the answers.

    COUNTER is one that a person has set aside: what is uploaded stays there for ever. Without --yes the
    questions are listed with what each costs, and nothing is sent. Ctrl-C stops it; the same command goes on.
    """
    from syncd.inspect.probe.questions import QUESTIONS  # only where needed

    settings = read_settings(config)
    if visitor and not (visitor.isascii() and visitor.isdigit() and len(visitor) <= _DIGITS):
        raise UsageError(f"--client-id {visitor!r}: a ClientId is 1 to {_DIGITS} digits")
    picked = _picked(QUESTIONS, names)
    query = _asking_query(settings, counter)
    known = _recorded(settings, counter)
    if is_again:
        known = {
            name: one for name, one in known.items() if name not in {question.name for question in picked}
        }
    if is_confirmed:
        _ask(settings, query, counter, picked, known, visitor=visitor)
    if as_json:
        print_json(_document(counter, picked, known, is_asked=is_confirmed))
    elif is_confirmed:
        _show_answers(picked, known)
    else:
        _show_plan(settings, counter, picked, known, visitor)


def _picked(questions: Sequence[Question], names: Sequence[str]) -> list[Question]:
    """The questions of these names; all, where none is named."""
    unknown = [name for name in names if name not in {question.name for question in questions}]
    if unknown:
        there = ", ".join(question.name for question in questions)
        raise UsageError(
            _("there is no question {unknown!r}; there are {there}").format(unknown=unknown[0], there=there)
        )
    return [question for question in questions if not names or question.name in names]


def _asking_query(settings: Settings, counter: int) -> QuerySettings:
    """The query whose token is used: one of that counter, else one with Metrica's own token."""
    queries = list(settings.queries.values())
    of_counter = [query for query in queries if query.counter == counter]
    found = of_counter or [query for query in queries if query.login == "metrica"]
    if not found:
        raise UsageError(
            _("no token for counter {counter}: no query sends to it, and `metrica` has no token").format(
                counter=counter
            )
        )
    return found[0].model_copy(update={"counter": counter})


def _recorded(settings: Settings, counter: int) -> Known:
    """What the state store knows of this counter; nothing, where there is no store yet."""
    from syncd.inspect.probe.conversation import Transcript
    from syncd.ledger import Store

    store = Store.open(settings.state)
    try:
        if store.is_new():
            return {}
        store.check_version()
        rows = store.probe_answers(settings.metrica.api_url)
    finally:
        store.close()
    return {row.question: Transcript.read(row.answer, row.raw) for row in rows if row.counter == counter}


def _ask(
    settings: Settings,
    query: QuerySettings,
    counter: int,
    picked: Sequence[Question],
    known: Known,
    *,
    visitor: str,
) -> None:
    """Ask what has no answer yet; `known` gets what is learned."""
    from syncd.inspect.probe.conversation import ask_all
    from syncd.inspect.probe.questions import QUESTIONS
    from syncd.metrica.probing import Prober
    from syncd.monitoring.telemetry.redaction import redact
    from syncd.service.resources import Resources
    from syncd.service.signals import telemetry

    _metrics, observer = telemetry(settings, [query])
    resources = Resources(settings, observer)
    try:
        resources.store.migrate()
        client = resources.client(query)
        client.counter(counter)  # the token and the counter, before anything is sent

        def keep(question: Question, transcript: Transcript) -> None:
            _save(resources, counter, question, transcript)
            known[question.name] = transcript
            if transcript.answer:
                click.echo(f"{question.name}: {visible(transcript.answer)}", err=True)

        wanted = [
            (place, question)
            for place, question in enumerate(QUESTIONS)
            if question in picked and (visitor or not question.needs_visitor)
        ]
        prober = Prober(client, counter, resources.clock, redact)
        ask_all(wanted, prober, known, keep, clock=resources.clock, sleep=time.sleep, visitor=visitor)
    except KeyboardInterrupt:
        click.echo(_("syncd: stopped; what was answered is kept, and the same command goes on"), err=True)
        raise click.Abort from None
    finally:
        resources.close()


def _save(resources: Resources, counter: int, question: Question, transcript: Transcript) -> None:
    from syncd.ledger.probe_answers import ProbeAnswerRow

    row = ProbeAnswerRow(
        api_url=resources.settings.metrica.api_url,
        counter=counter,
        question=question.name,
        answer=transcript.answer,
        raw=transcript.as_json(),
        asked_at=resources.clock.now(),
    )
    resources.store.save_probe_answer(row)


def _answer(question: Question, known: Mapping[str, Transcript]) -> str:
    if question.name in known:
        return known[question.name].answer or _("begun")
    return _("needs --client-id") if question.needs_visitor else ""


def _cost(question: Question) -> str:
    """What stays at the counter for ever."""
    stays = [
        words
        for count, words in (
            (
                question.conversions,
                counted(question.conversions, "{count} conversion", "{count} conversions"),
            ),
            (question.orders, counted(question.orders, "{count} order", "{count} orders")),
        )
        if count
    ]
    return ", ".join(stays) or _("nothing")


def _show_plan(
    settings: Settings,
    counter: int,
    picked: Sequence[Question],
    known: Mapping[str, Transcript],
    visitor: str,
) -> None:
    """What would be asked, and what that costs."""
    print_table(
        columns("question", "asks", "requests", "stays for ever", "looks again", "answer"),
        [(one.name, one.asks, one.requests, _cost(one), one.waits, _answer(one, known)) for one in picked],
        "",
    )
    wanted = [
        one
        for one in picked
        if (visitor or not one.needs_visitor) and not (one.name in known and known[one.name].answer)
    ]
    requests = counted(1 + sum(one.requests for one in wanted), "{count} request", "{count} requests")
    conversions = counted(sum(one.conversions for one in wanted), "{count} conversion", "{count} conversions")
    orders = counted(sum(one.orders for one in wanted), "{count} order", "{count} orders")
    click.echo(
        _(
            "\n{wanted} to ask: {requests} and those that look again; up to {conversions} and "
            "{orders} stay at counter {counter} for ever."
        ).format(
            wanted=counted(len(wanted), "{count} question", "{count} questions"),
            requests=requests,
            conversions=conversions,
            orders=orders,
            counter=counter,
        )
    )
    if senders := [query.name for query in settings.queries.values() if query.counter == counter]:
        click.echo(
            _("WARNING: {senders} sends to this counter; set another one aside.").format(
                senders=", ".join(senders)
            )
        )
    click.echo(_("Nothing was asked. `syncd probe {counter} --yes` asks.").format(counter=counter))


def _show_answers(picked: Sequence[Question], known: Mapping[str, Transcript]) -> None:
    """The answers as a table, and the replies they were read from."""
    print_table(columns("question", "answer"), [(one.name, _answer(one, known)) for one in picked], "")
    click.echo(_("\nThe replies (--json has them whole):"))
    for question in picked:
        exchanges = known[question.name].exchanges if question.name in known else []
        for (status, text), alike in groupby(exchanges, key=lambda one: (one[1].status, one[1].text)):
            times = len(list(alike))
            often = _(" ({times} times)").format(times=times) if times > 1 else ""
            said = text.removeprefix(f"HTTP {status} ")
            shown = f"{said[:_SHOWN]}…" if len(said) > _SHOWN else said
            click.echo(visible(f"  {question.name}: HTTP {status}{often}: {shown}"))


def _document(
    counter: int, picked: Sequence[Question], known: Mapping[str, Transcript], *, is_asked: bool
) -> dict[str, object]:
    return {
        "counter": counter,
        "asked": is_asked,
        "questions": [
            {
                "question": one.name,
                "asks": one.asks,
                "requests": one.requests,
                "conversions": one.conversions,
                "orders": one.orders,
                "waits": one.waits or None,
                "answer": (known[one.name].answer or None) if one.name in known else None,
                "needs_client_id": one.needs_visitor,
                "replies": [
                    {"request": request, "status": reply.status, "text": reply.text, "at": reply.at}
                    for request, reply in (known[one.name].exchanges if one.name in known else ())
                ],
            }
            for one in picked
        ],
    }
