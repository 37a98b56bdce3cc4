"""`syncd rewind`: says what it would do, does it, and never beside a daemon; nothing is sent twice by it."""

from __future__ import annotations

import pytest

from tests.acceptance import shop
from tests.acceptance.situation import Situation


def test_back_to_a_day(situation: Situation) -> None:
    """The rows from there are read again: what was delivered is not sent, what was missed is sent once."""
    situation.configure()
    situation.deliver(1, 6)
    shop.sell(situation.shop, 9, 1)
    situation.shop.many("UPDATE orders SET updated_at = :at WHERE order_id = 9", [at(situation, 4)])
    before = situation.mark()
    day = "2026-01-01 00:00:03"

    plan = situation.json("rewind", "paid_orders", "--to", day, "--dry-run")
    assert (plan["read_again"], plan["delivered"], plan["unknown"]) == (5, 4, 1)
    assert (plan["forward"], plan["moved"]) == (False, False)
    assert situation.mark() == before

    done = situation.tell("rewind", "paid_orders", "--to", day)
    assert done.code == 0, done.text
    assert "Read again: 5 rows" in done.text
    assert "4 delivered already: not sent again" in done.text
    assert "1 of which nothing is known" in done.text
    assert "Moved. The next run reads from there." in done.text
    situation.run()
    assert situation.times() == dict.fromkeys((1, 2, 3, 4, 5, 6, 9), 1)
    assert situation.mark() == before


def at(situation: Situation, number: int) -> dict[str, object]:
    """The moment of an order as a parameter."""
    return {"at": shop.moment(situation.shop, number)}


def test_all_columns_of_the_mark_and_the_words(situation: Situation) -> None:
    """A value per column is exact; `beginning` is where the query starts, `now` the newest row there is."""
    situation.configure()
    situation.deliver(1, 6)
    exact = [shown(situation, 4), "4"]

    assert situation.json("rewind", "paid_orders", "--to", *exact, "--dry-run")["read_again"] == 3
    everything = situation.json("rewind", "paid_orders", "--to", "beginning")
    assert (everything["to"], everything["read_again"]) == ("", 6)
    shop.sell(situation.shop, 7, 3)
    newest = situation.json("rewind", "paid_orders", "--to", "now", "--dry-run")
    assert (newest["forward"], newest["rows_from_there"]) == (True, 1)
    situation.run()
    assert situation.times() == dict.fromkeys(range(1, 10), 1)


def shown(situation: Situation, number: int) -> str:
    """An order's moment as a person types it."""
    return str(shop.moment(situation.shop, number))


@pytest.mark.parametrize("overlap", ["0s", "auto", "1d"])
def test_forward_passes_rows_over_and_says_so(situation: Situation, overlap: str) -> None:
    """Rows in between are told, and not read, however far an overlap reaches; `audit` finds them."""
    situation.configure(overlap=overlap)
    situation.deliver(1, 3)
    shop.sell(situation.shop, 4, 4)

    done = situation.tell("rewind", "paid_orders", "--to", shown(situation, 6))

    assert done.code == 0, done.text
    assert "WARNING: that is forward, over 2 rows that nothing is known of" in done.text
    situation.run()
    assert sorted(situation.times()) == [1, 2, 3, 6, 7]
    audit = situation.json("audit", "paid_orders", "--since", "2000d")
    assert audit["keys"]["missing"] == [["4"], ["5"]]
    assert situation.tell("rewind", "paid_orders", "--to", "beginning").code == 0
    situation.run()
    assert situation.times() == dict.fromkeys(range(1, 8), 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "monday"], "'monday' is not a moment such as 2026-11-23"),
        (["--to", "2026-01-01", "x"], "'x' is not a whole number: the mark's order_id holds such as 6"),
        (
            ["--to", "2026-01-01", "1", "2"],
            "the mark has 2 columns (updated_at, order_id), and --to gives 3 values",
        ),
        ([], "rewind takes a query's name and --to VALUE, or --new-destination"),
    ],
)
def test_values_that_cannot_be(situation: Situation, arguments: list[str], words: str) -> None:
    """Exit code 2 with the type that is wanted; the mark stays."""
    situation.configure()
    situation.deliver(1, 6)
    before = situation.mark()

    done = situation.tell("rewind", "paid_orders", *arguments)

    assert done.code == 2
    assert words in done.text
    assert situation.mark() == before


def test_not_beside_a_daemon(situation: Situation) -> None:
    """A daemon that holds the query is named, and the mark stays; a dry run works beside it."""
    situation.configure()
    situation.deliver(1, 3)
    situation.cli.configure(
        (situation.cli.folder / "config.yaml").read_text(encoding="utf-8").replace('"error"', '"info"')
    )
    daemon = situation.cli.start("run")
    shop.sell(situation.shop, 4, 1)
    daemon.wait_for("upload_accepted")

    refused = situation.tell("rewind", "paid_orders", "--to", "beginning")
    looked = situation.tell("rewind", "paid_orders", "--to", "beginning", "--dry-run")

    assert refused.code == 1
    if situation.state:
        assert "another syncd runs the query paid_orders on the same state store" in refused.text
    else:
        assert f"process {daemon.process.pid} works on this state store" in refused.text
    assert looked.code == 0
    assert "Read again: 4 rows" in looked.text
    assert daemon.stop() == 0
    assert situation.tell("rewind", "paid_orders", "--to", "beginning").code == 0


def test_not_while_an_upload_is_open(one_situation: Situation) -> None:
    """Its end would move the mark once more, so it has to be settled first."""
    one_situation.configure()
    one_situation.deliver(1, 2)
    one_situation.emulator.configure(tokens=["another"])
    shop.sell(one_situation.shop, 3, 1)
    one_situation.run(1)

    done = one_situation.tell("rewind", "paid_orders", "--to", "beginning")

    assert done.code == 1
    assert "1 upload is not settled yet" in done.text
    assert "syncd run --once --query paid_orders" in done.text
    one_situation.emulator.configure(tokens=None)
    one_situation.run()
    assert one_situation.tell("rewind", "paid_orders", "--to", "beginning").code == 0


def test_a_query_that_never_ran_begins_there(one_situation: Situation) -> None:
    """Without a store it says what makes one; then the mark is set, and earlier rows are passed over."""
    one_situation.configure()
    shop.sell(one_situation.shop, 1, 5)
    assert "`syncd migrate`" in one_situation.tell("rewind", "paid_orders", "--to", "now").text
    assert one_situation.tell("migrate").code == 0

    done = one_situation.tell("rewind", "paid_orders", "--to", shown(one_situation, 4))

    assert "over 3 rows that nothing is known of" in done.text
    one_situation.run()
    assert sorted(one_situation.times()) == [4, 5]
