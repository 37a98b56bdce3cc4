"""Questions about files of conversions that the reply to the upload answers."""

from __future__ import annotations

from syncd.inspect.probe.judging import agreed, fate_of_row, unclear, word
from syncd.inspect.probe.question import Asking, Question, Scene

_HEADER = "ClientId,Target,DateTime"
_MONEY = f"{_HEADER},Price,Currency"
_GOOD = "{id},{target},{at}"
PLAIN = f"{_HEADER}\n{_GOOD}\n"
"""A file of one good row."""
_DEFECTS = {
    "Price": "{other},{target},{at},abc,RUB",
    "Target": "{other},,{at},1,RUB",
    "DateTime": "{other},{target},yesterday,1,RUB",
    "cells": "{other},{target},{at},1",
}
"""Rows that are bad by what the documents say, each with what is wrong with it."""
AHEAD = (10, 30, 60, 120, 300, 900, 3600, 86_400)
"""Seconds by which a DateTime is tried in the future."""


def _ask_id_type(scene: Scene) -> Asking:
    """Without the parameter, with the right one, and with one of another column."""
    without = fate_of_row((yield scene.upload(PLAIN, id_type="", part="a")))
    named = yield scene.upload(PLAIN, id_type="CLIENT_ID", part="b")
    if fate_of_row(named) == "refuse_file":
        return "refused" if without == "kept" else unclear(named)
    if without == "refuse_file":
        return "required"
    other = "UserId,Target,DateTime\nu{id},{target},{at}\n"
    mistaken = yield scene.upload(other, id_type="CLIENT_ID", part="c")
    return word(fate_of_row(mistaken), taken="ignored", refused="enforced")


def _ask_bad_row(scene: Scene) -> Asking:
    """A file for each defect, with a good row before the bad one."""
    fates = {}
    for defect, row in _DEFECTS.items():
        reply = yield scene.upload(f"{_MONEY}\n{_GOOD},1,RUB\n{row}\n", part=defect)
        fates[defect] = fate_of_row(reply)
    return agreed(fates)


def _ask_resent(scene: Scene) -> Asking:
    """Send one row twice, the second time with a lower price."""
    yield scene.upload(f"{_MONEY}\n{_GOOD},2,RUB\n", part="a")
    again = yield scene.upload(f"{_MONEY}\n{_GOOD},1,RUB\n", part="b")
    return word(fate_of_row(again), taken="accepted", refused="refused")


def _ask_future(scene: Scene) -> Asking:
    """Halve the range of AHEAD until the edge is between two of them."""
    taken, refused = -1, len(AHEAD)
    while refused - taken > 1:
        middle = (taken + refused) // 2
        moment = scene.seconds_there() + AHEAD[middle]
        reply = yield scene.upload(f"{_HEADER}\n{{id}},{{target}},{moment}\n", part=str(AHEAD[middle]))
        fate = fate_of_row(reply)
        if fate.startswith("unclear"):
            return fate
        taken, refused = (middle, refused) if fate == "kept" else (taken, middle)
    if taken < 0:
        return f"0 to {AHEAD[0]} s"
    return f"{AHEAD[taken]} s and more" if refused == len(AHEAD) else f"{AHEAD[taken]} to {AHEAD[refused]} s"


def _one_file(
    name: str,
    asks: str,
    file: str,
    *,
    taken: str = "accepted",
    refused: str = "refused",
    conversions: int = 1,
) -> Question:
    """Make a question that one file answers, by whether all of its rows are taken."""

    def ask(scene: Scene) -> Asking:
        return word(fate_of_row((yield scene.upload(file))), taken=taken, refused=refused)

    return Question(name, asks, ask, conversions=conversions)


ID_TYPE = Question(
    "client_id_type",
    "Is the old parameter ignored now, held against the file's columns, required, or refused?",
    _ask_id_type,
    requests=3,
    conversions=3,
)
"""Asked before all others, whose uploads send the parameter where it is required."""

QUESTIONS = (
    Question(
        "bad_row",
        "Does one bad row fail the file, or only itself: a Price, a Target, a DateTime, a missing cell?",
        _ask_bad_row,
        requests=len(_DEFECTS),
        conversions=2 * len(_DEFECTS),
    ),
    _one_file(
        "header_case",
        "Must columns be spelt as documented?",
        "clientid,target,datetime\n" + _GOOD + "\n",
        taken="any",
        refused="exact",
    ),
    _one_file("bom", "A byte order mark", "\ufeff" + PLAIN, taken="ignored", refused="part_of_header"),
    _one_file("quotes", "Cells in quotes", '"ClientId","Target","DateTime"\n"{id}","{target}","{at}"\n'),
    _one_file("crlf", "Lines that end as on Windows", PLAIN.replace("\n", "\r\n")),
    _one_file("semicolon", "Cells with semicolons between them", PLAIN.replace(",", ";")),
    _one_file(
        "blank_line",
        "An empty line among the rows",
        f"{PLAIN}\n{{other}},{{target}},{{at}}\n",
        taken="skipped",
        refused="bad_row",
        conversions=2,
    ),
    _one_file("extra_columns", "A column of another name", f"{_HEADER},Note\n{_GOOD},x\n", taken="ignored"),
    _one_file("empty_money", "An empty Price and Currency", f"{_MONEY}\n{_GOOD},,\n", refused="bad_row"),
    _one_file("negative_price", "A price below zero", f"{_MONEY}\n{_GOOD},-1,RUB\n", refused="bad_row"),
    _one_file(
        "row_without_id",
        "A row whose id cell is empty",
        f"{_HEADER}\n,{{target}},{{at}}\n",
        taken="unlinked",
        refused="bad_row",
    ),
    _one_file(
        "numeric_ids",
        "Must a ClientId be digits?",
        f"{_HEADER}\nx{_GOOD}\n",
        taken="unchecked",
        refused="checked",
    ),
    _one_file(
        "cyrillic_target", "A Target in Cyrillic", f"{_HEADER}\n{{id}},Заказ,{{at}}\n", refused="bad_row"
    ),
    _one_file(
        "several_id_columns",
        "A file with two id columns, one of them filled in each row",
        "ClientId,UserId,Target,DateTime\n{id},,{target},{at}\n,u{other},{target},{at}\n",
        conversions=2,
    ),
    _one_file(
        "duplicate_in_file",
        "The same conversion twice in one file, with two prices",
        f"{_MONEY}\n{_GOOD},1,RUB\n{_GOOD},2,RUB\n",
        taken="overwrites",
        refused="bad_row",
    ),
    Question(
        "resent_price",
        "A row sent again with another price (whether it counts, the counter's reports show)",
        _ask_resent,
        requests=2,
    ),
    Question(
        "future_tolerance",
        "How far ahead may a DateTime lie?",
        _ask_future,
        requests=4,
        conversions=4,
    ),
)
