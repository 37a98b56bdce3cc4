"""A rehearsal eats no real row: what one place got counts at another only if a person says so."""

from __future__ import annotations

import re

import pytest

from syncd.emulator.server import EmulatorServer
from syncd.emulator.settings import EmulatorSettings
from tests.acceptance import shop
from tests.acceptance.situation import Situation


def orders(emulator: EmulatorServer) -> list[int]:
    """The orders that an emulator has, one received twice standing there twice."""
    return sorted(int(one.id) - 10**17 for one in emulator.conversions() for _ in range(one.times))


@pytest.mark.parametrize(
    ("decision", "start", "expected"),
    [
        ("deliver-again", "beginning", [1, 2, 3, 4, 5]),
        ("deliver-again", "now", [3, 4, 5]),
        ("go-on", "beginning", [5]),
    ],
)
def test_after_a_rehearsal(one_situation: Situation, decision: str, start: str, expected: list[int]) -> None:
    """`check` and `run` refuse, `status` says why, and one command, found in their words, decides."""
    situation, rehearsal = one_situation, one_situation.emulator
    situation.configure(start=start)
    situation.deliver(1, 2)
    situation.deliver(3, 2)
    before = len(rehearsal.requests())
    with EmulatorServer(EmulatorSettings(ripen_after=0.0)) as live:
        object.__setattr__(situation, "emulator", live)
        situation.configure(start=start)
        shop.sell(situation.shop, 5, 1)

        checked, run = situation.tell("check"), situation.tell("run", "--once")
        assert (checked.code, run.code) == (1, 1)
        for told in (checked, run):
            assert "--new-destination" in told.text
            assert live.url.removeprefix("http://127.0.0.1") in told.text
        [query] = situation.json("status")["queries"]
        assert query["state"] == "halted"
        assert live.uploads() == []

        command = re.search(r"syncd (rewind paid_orders --new-destination)", run.text)
        assert command is not None
        dry = situation.json(*command[1].split(), decision, "--dry-run")
        assert dry["queries"][0]["moved"]
        assert situation.tell(*command[1].split(), decision).code == 0
        situation.run()
        assert orders(live) == expected
        situation.run()
        assert orders(live) == expected
        assert situation.tell("check").code == 0
        assert "nothing to do" in situation.tell("rewind", "--new-destination", decision).text
    assert len(rehearsal.requests()) == before


def test_the_counter_changed_and_came_back(one_situation: Situation) -> None:
    """Another counter is another place; the former one named again needs no word; a token is no place."""
    situation = one_situation
    situation.configure()
    situation.deliver(1, 2)
    situation.configure(counter=77)
    assert "77" in situation.tell("run", "--once").text
    situation.configure(token="another")
    situation.deliver(3, 1)
    assert orders(situation.emulator) == [1, 2, 3]
