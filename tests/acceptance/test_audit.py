"""`syncd audit`: finds what was not delivered, whatever the reason, and delivers it once."""

from __future__ import annotations

import json

from tests.acceptance import shop
from tests.acceptance.situation import LONG_AGO, Situation
from tests.acceptance.test_rewind import at


def rows(situation: Situation, *arguments: str) -> dict[str, int]:
    """The counts that are not zero."""
    found = situation.json("audit", "paid_orders", "--since", LONG_AGO, *arguments)["rows"]
    return {fate: count for fate, count in found.items() if count}


def slip_behind(situation: Situation, number: int, place: int) -> None:
    """An order that appears behind the mark, where no run looks any more."""
    shop.sell(situation.shop, number, 1)
    situation.shop.many(
        f"UPDATE orders SET updated_at = :at WHERE order_id = {number}", [at(situation, place)]
    )


def test_missing_rows_are_found_and_healed_once(situation: Situation) -> None:
    """Exit code 1 while rows are missing; `--heal` delivers each once and leaves the mark; then 0."""
    situation.configure()
    situation.deliver(1, 6)
    assert situation.tell("audit", "paid_orders", "--since", LONG_AGO).code == 0
    slip_behind(situation, 11, 2)
    slip_behind(situation, 12, 5)
    mark = situation.mark()

    found = situation.tell("audit", "paid_orders", "--since", LONG_AGO)
    assert found.code == 1
    assert "2  MISSING: nothing is known of them" in found.text
    assert "11; 12" in found.text
    healed = situation.tell("audit", "paid_orders", "--since", LONG_AGO, "--heal", "--at-metrica")

    assert healed.code == 0, healed.text
    assert "Healed, and accounted for now: 2 rows" in healed.text
    assert "Metrica's list does not have: none" in healed.text
    assert situation.mark() == mark
    assert rows(situation, "--heal") == {"delivered": 8}
    situation.run()
    assert situation.times() == dict.fromkeys((1, 2, 3, 4, 5, 6, 11, 12), 1)


def test_every_fate_is_told(situation: Situation) -> None:
    """Delivered, changed in money or identity, rejected, waiting; exit code 3 while rejects remain."""
    situation.configure()
    shop.sell(situation.shop, 1, 7)
    situation.shop.run(
        "UPDATE orders SET currency = 'RUR' WHERE order_id = 1",
        "UPDATE orders SET paid_at = '2126-05-01 10:00:00' WHERE order_id = 2",
    )
    situation.run(3)
    situation.shop.run(
        "UPDATE orders SET total = 1 WHERE order_id = 3",
        "UPDATE orders SET client = '77' WHERE order_id = 4",
        "UPDATE orders SET client = 'none' WHERE order_id = 5",
    )

    done = situation.tell("audit", "paid_orders", "--since", LONG_AGO)

    assert done.code == 3, done.text
    assert rows(situation) == {
        "delivered": 2,
        "changed_money": 1,
        "changed_identity": 2,
        "rejected": 1,
        "waiting": 1,
    }
    assert "4; 5" in done.text


def test_a_bad_row_that_was_missed_becomes_a_reject(one_situation: Situation) -> None:
    """Healing goes the ordinary way: what cannot be sent is rejected with its reason; exit code 3 then."""
    one_situation.configure()
    one_situation.deliver(1, 3)
    slip_behind(one_situation, 9, 2)
    one_situation.shop.run("UPDATE orders SET total = -1 WHERE order_id = 9")

    assert one_situation.tell("audit", "paid_orders", "--since", LONG_AGO).code == 1
    assert one_situation.tell("audit", "paid_orders", "--since", LONG_AGO, "--heal").code == 3
    (reject,) = one_situation.json("rejects", "list", "paid_orders")["rejects"]
    assert (reject["key"], reject["reason"]) == (["9"], "price_negative")


def test_since_goes_by_the_mark_or_by_datetime(situation: Situation) -> None:
    """Only the span is looked at: by the mark's time, and where the mark is a number by DateTime."""
    situation.configure({**shop.query("by_time", overlap="0s"), **shop.query("by_id", mark=["order_id"])})
    shop.sell(situation.shop, 1, 3)
    shop.sell(situation.shop, 4, 2)
    now = "now()" if shop.kind(situation.shop) != "sqlite" else "strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')"
    now = "utc_timestamp(6)" if shop.kind(situation.shop) == "mysql" else now
    situation.shop.run(f"UPDATE orders SET paid_at = {now}, updated_at = {now} WHERE order_id > 3")
    situation.run()

    for name, by in (("by_time", "updated_at"), ("by_id", "DateTime")):
        week = situation.json("audit", name, "--since", "7d")
        assert (week["by"], week["rows"]["delivered"]) == (by, 2)
        assert situation.json("audit", name, "--since", LONG_AGO)["rows"]["delivered"] == 5
    situation.books().run(f"DELETE FROM {situation.tables}key_runs WHERE query = 'by_id'")
    assert situation.json("audit", "by_id", "--since", "7d", "--heal")["healed"] == 2


def test_what_was_not_to_be_sent_is_not_missing(situation: Situation) -> None:
    """Rows before `start`, whether a value or `now`, were never wanted; nor is what is yet to be read."""
    third = str(shop.moment(situation.shop, 3))
    queries = {
        **shop.query("value", start=third, overlap="0s"),
        **shop.query("present", start="now", counter=102),
    }
    situation.configure(queries)
    shop.sell(situation.shop, 1, 4)
    situation.run()
    nothing = situation.tell("audit", "present", "--since", LONG_AGO)
    assert "it has delivered nothing yet" in nothing.text
    shop.sell(situation.shop, 5, 2)
    situation.run()
    shop.sell(situation.shop, 7, 1)

    assert situation.json("audit", "value", "--since", LONG_AGO)["rows"]["missing"] == 0
    assert situation.json("audit", "value", "--since", LONG_AGO)["rows"]["delivered"] == 4
    assert situation.json("audit", "present", "--since", LONG_AGO)["rows"]["missing"] == 0


def test_what_came_between_the_start_and_the_first_upload(situation: Situation) -> None:
    """With `start: now` that is looked at as well, and what lies before is passed over, not missed."""
    situation.configure(start="now")
    shop.sell(situation.shop, 1, 2)
    situation.run()
    shop.sell(situation.shop, 9, 1)
    situation.run()
    shop.sell(situation.shop, 5, 1)

    missing = situation.json("audit", "paid_orders", "--since", LONG_AGO)
    assert (missing["rows"]["missing"], missing["keys"]["missing"]) == (1, [["5"]])
    assert situation.json("explain", "paid_orders", "5")["rows"][0]["state"] == "missed"
    assert situation.json("explain", "paid_orders", "1")["rows"][0]["state"] == "passed"
    assert situation.tell("explain", "paid_orders", "1").code == 0
    assert situation.json("audit", "paid_orders", "--since", LONG_AGO, "--heal")["healed"] == 1
    assert situation.times() == {5: 1, 9: 1}


def test_healing_killed_at_any_point_doubles_nothing(one_situation: Situation) -> None:
    """Killed before, in and after the POST, the next try accounts for every row, once."""
    one_situation.configure()
    one_situation.deliver(1, 3)
    for number, point in enumerate(("read", "intent", "post", "answer", "accepted"), 10):
        slip_behind(one_situation, number, 2)
        heal = ("audit", "paid_orders", "--since", LONG_AGO, "--heal")
        assert one_situation.tell(*heal, SYNCD_CRASH_AT=point).code == -9
        one_situation.run()
        assert one_situation.tell(*heal).code == 0
    assert one_situation.times() == dict.fromkeys((1, 2, 3, *range(10, 15)), 1)


def test_uploads_that_metrica_lost(one_situation: Situation) -> None:
    """`--at-metrica` names accepted uploads that the counter's list does not have; exit code 1."""
    one_situation.configure()
    one_situation.deliver(1, 3)
    one_situation.emulator.clear()

    done = one_situation.cli.run("audit", "paid_orders", "--since", LONG_AGO, "--at-metrica", "--json")

    assert done.returncode == 1
    assert json.loads(done.stdout)["uploads_not_at_metrica"] == [1]
    assert "1 upload not at Metrica" in done.stderr


def test_healing_is_not_done_beside_a_daemon(one_situation: Situation) -> None:
    """The one that may write is the daemon; looking works beside it."""
    one_situation.configure()
    one_situation.deliver(1, 3)
    config = one_situation.cli.folder / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace('"error"', '"info"'), encoding="utf-8")
    daemon = one_situation.cli.start("run")
    daemon.wait_for("daemon_started")

    assert one_situation.tell("audit", "paid_orders", "--since", LONG_AGO, "--heal").code == 1
    assert one_situation.tell("audit", "paid_orders", "--since", LONG_AGO).code == 0
    assert daemon.stop() == 0
