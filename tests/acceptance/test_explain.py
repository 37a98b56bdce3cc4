"""`syncd explain`: every end that a row can come to, told in words; and rows that are known nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from syncd.model import Reason
from syncd.model.remedies import REMEDIES
from tests.acceptance import shop
from tests.acceptance.situation import Situation


def state_of(situation: Situation, *key: str) -> str:
    """The verdict on one row, in a word."""
    (row,) = situation.json("explain", "paid_orders", *key)["rows"]
    return str(row["state"])


def test_a_delivered_row(situation: Situation) -> None:
    """Read when, in which upload, its counts at Metrica, and the very line; exit code 0."""
    situation.emulator.configure(visitors=[str(10**17 + 1), str(10**17 + 2)])
    situation.configure()
    situation.deliver(1, 3)
    fresh = situation.tell("explain", "paid_orders", "3")
    assert "it is working on it, which takes up to two hours" in fresh.text
    situation.ripen()

    done = situation.tell("explain", "paid_orders", "3")

    assert done.code == 0, done.text
    head, *_ = done.text.splitlines()
    assert head == "paid_orders 3: delivered"
    for words in (
        "in upload 1 of 3 rows",
        "status PROCESSED",
        "of its 3 rows: 2 linked to a visitor, 1 visitor not found",
        f"{10**17 + 3},order_paid,",
        "which the query has passed; it can be sent",
    ):
        assert words in done.text


def test_every_other_end(situation: Situation) -> None:
    """Rejected with what to do, waiting until when, not read yet, missed, unknown: each with its code."""
    situation.configure()
    shop.sell(situation.shop, 1, 4)
    due = "2126-05-01 10:00:00"
    situation.shop.run(
        "UPDATE orders SET client = 'GA1.2' WHERE order_id = 1",
        f"UPDATE orders SET paid_at = '{due}' WHERE order_id = 2",
    )
    situation.run(3)
    shop.sell(situation.shop, 7, 1)
    behind = [{"at": shop.moment(situation.shop, 3)}]
    situation.shop.many("UPDATE orders SET updated_at = :at WHERE order_id = 7", behind)
    shop.sell(situation.shop, 9, 1)

    rejected = situation.tell("explain", "paid_orders", "1")
    assert rejected.code == 0
    assert "id_not_digits in ClientId: 'GA1.2'" in rejected.text
    assert "what to do: Store the id as getClientID" in rejected.text
    assert "`syncd rejects retry paid_orders 1`" in rejected.text
    waiting = situation.tell("explain", "paid_orders", "2")
    assert waiting.code == 0
    assert "goes with the next run after 2126-05-01 10:00:00 UTC" in waiting.text
    to_come = situation.tell("explain", "paid_orders", "9")
    assert to_come.code == 0
    assert "paid_orders 9: not read yet" in to_come.text
    missed = situation.tell("explain", "paid_orders", "7")
    assert missed.code == 1
    assert "behind the mark" in missed.text
    assert "--heal" in missed.text
    unknown = situation.tell("explain", "paid_orders", "4711")
    assert unknown.code == 1
    assert "nothing is known of a row with the key 4711" in unknown.text
    states = {number: state_of(situation, number) for number in ("1", "2", "3", "7", "9", "4711")}
    assert states == {
        "1": "rejected",
        "2": "waiting",
        "3": "delivered",
        "7": "missed",
        "9": "to_come",
        "4711": "unknown",
    }


def test_a_row_on_its_way(one_situation: Situation) -> None:
    """Where Metrica takes nothing, or the answer was lost, the row is neither delivered nor lost."""
    one_situation.configure()
    shop.sell(one_situation.shop, 1, 2)
    one_situation.emulator.configure(tokens=["another"])
    one_situation.run(1)
    planned = one_situation.tell("explain", "paid_orders", "1")
    assert "not sent yet: the next run of the query sends it" in planned.text, planned.text
    one_situation.emulator.configure(tokens=None)
    one_situation.emulator.fault("drop_after")

    assert one_situation.tell("run", "--once", SYNCD_CRASH_AT="unclear").code != 0

    assert state_of(one_situation, "1") == "sending"
    assert "it is looked up at Metrica" in one_situation.tell("explain", "paid_orders", "1").text


def test_a_key_of_several_columns_and_a_key_that_is_typed_otherwise(situation: Situation) -> None:
    """One word per key column; a moment is found as a person types it; wrong numbers of words are told."""
    situation.configure(key=["updated_at", "order_id"])
    situation.deliver(5, 1)

    (row,) = situation.json("explain", "paid_orders", *_typed(situation))["rows"]

    assert row["state"] == "delivered"
    assert row["key"][0].startswith("2026-01-01T00:00:05")
    done = situation.tell("explain", "paid_orders", "5")
    assert done.code == 2
    assert "the key has 2 columns (updated_at, order_id), and 1 value was given" in done.text


def _typed(situation: Situation) -> tuple[str, str]:
    """Order 5's key as somebody might type it."""
    if shop.kind(situation.shop) == "sqlite":
        return str(shop.moment(situation.shop, 5)), "5"
    zone = "" if shop.kind(situation.shop) == "mysql" else "+00:00"
    return f"2026-01-01 00:00:05.000005{zone}", "5"


def test_rows_of_a_query_without_a_key(one_situation: Situation) -> None:
    """Rows that share a mark are each explained."""
    queries: dict[str, Any] = shop.query(mark=["updated_at"], overlap="0s")
    del queries["paid_orders"]["key"]
    one_situation.configure(queries)
    shop.sell(one_situation.shop, 1, 3)
    at = str(shop.moment(one_situation.shop, 1))
    one_situation.shop.run(f"UPDATE orders SET updated_at = '{at}' WHERE order_id < 3")
    one_situation.run()

    rows = one_situation.json("explain", "paid_orders", at)["rows"]

    assert [row["state"] for row in rows] == ["delivered", "delivered"]
    assert state_of(one_situation, *rows[0]["key"]) == "delivered"


def test_a_source_that_is_down_does_not_hide_what_is_known(one_situation: Situation) -> None:
    """What the store knows is told all the same; for a row it does not know the source's error is."""
    one_situation.configure()
    one_situation.deliver(1, 1)
    (one_situation.cli.folder / "source.db").unlink()

    known = one_situation.tell("explain", "paid_orders", "1")
    assert known.code == 0
    assert "the source could not be asked" in known.text
    unknown = one_situation.tell("explain", "paid_orders", "2")
    assert unknown.code == 1
    assert "what to do: Check that the database runs" in unknown.text


@pytest.mark.parametrize("reason", Reason)
def test_there_is_something_to_do_about_every_reason(reason: Reason) -> None:
    """`explain` names the remedy, whatever a row was rejected for."""
    assert REMEDIES[reason].endswith(".")
