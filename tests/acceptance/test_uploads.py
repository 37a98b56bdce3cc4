"""`syncd uploads` and `syncd resend`."""

from __future__ import annotations

from tests.acceptance import shop
from tests.acceptance.situation import Situation


def test_what_metrica_made_of_each(situation: Situation) -> None:
    """Newest first, with Metrica's counts once it has them, also of rows that its validation dropped."""
    situation.configure()
    assert situation.tell("uploads").text.strip() == "no uploads yet"
    situation.emulator.configure(visitors=[str(10**17 + number) for number in range(1, 7)], goals=["other"])
    situation.deliver(1, 10)
    situation.emulator.configure(bad_row="drop_row", goals=None)
    situation.emulator.fault("drop_rows", ids=[str(10**17 + 12)])
    situation.deliver(11, 3)
    situation.ripen()

    newest, oldest = situation.json("uploads", "paid_orders")["uploads"]

    assert (newest["rows"], newest["dropped"], newest["state"]) == (3, 1, "unlinked")
    assert (oldest["rows"], oldest["linked"], oldest["user_not_found"]) == (10, 6, 4)
    assert (oldest["goal_not_found"], oldest["dropped"]) == (10, 0)
    text = situation.tell("uploads", "--limit", "1").text
    assert len(text.splitlines()) == 3
    assert text.splitlines()[0].split()[:4] == ["upload", "query", "sent", "rows"]
    assert "LINKAGE_FAILURE" in text
    assert "The newest 1; --limit 0 shows all." in text
    assert len(situation.json("uploads", "--limit", "0")["uploads"]) == 2


def test_what_metrica_has_not_is_not_called_sent(one_situation: Situation) -> None:
    """An upload that was refused as a whole is planned, and one without an answer is looked up."""
    one_situation.configure()
    one_situation.emulator.fault("refuse", status=403, error_type="access_denied", times=1)
    shop.sell(one_situation.shop, 1, 2)
    one_situation.run(1)

    status = one_situation.json("status")
    assert status["queries"][0]["uploads"] == {"total": 1, "unsettled": 1, "planned": 1}
    assert status["recent_uploads"][0]["at"] is None
    said = " ".join(status["queries"][0]["words"])
    assert "uploads recorded that Metrica has not taken: 1." in said
    assert "looked up" not in said
    assert "not sent" in one_situation.tell("uploads").text

    assert one_situation.tell("run", "--once", SYNCD_CRASH_AT="post").code == -9

    status = one_situation.json("status")
    assert status["queries"][0]["uploads"] == {"total": 1, "unsettled": 1, "planned": 0}
    assert status["recent_uploads"][0]["at"] is not None
    said = " ".join(status["queries"][0]["words"])
    assert "whose answer was lost: 1. Nothing to do: each is looked up" in said
    assert "has not taken" not in said
    assert "not sent" not in one_situation.tell("uploads").text


def test_resend_gives_metrica_the_same_lines_once_more(situation: Situation) -> None:
    """The rows of the upload go again as an upload of their own; nothing is doubled or counted twice."""
    situation.emulator.configure(visitors="none")
    situation.configure()
    situation.deliver(1, 3)
    situation.deliver(4, 2)
    situation.emulator.configure(visitors="all")

    done = situation.tell("resend", "1")

    assert done.code == 0, done.text
    assert "3 rows of upload 1 sent again, as upload 3" in done.text
    assert situation.times() == {1: 2, 2: 2, 3: 2, 4: 1, 5: 1}
    situation.ripen()
    newest, *_ = situation.json("uploads")["uploads"]
    assert (newest["origin"], newest["parent_id"], newest["linked"]) == ("resend", 1, 3)
    assert situation.json("status")["queries"][0]["rows"]["delivered"] == 5
    assert "the rows of upload 1 once more" in situation.tell("explain", "paid_orders", "2").text


def test_resend_leaves_no_trace_when_it_cannot(one_situation: Situation) -> None:
    """An unknown upload, and one that Metrica never took, are wrong usage; a daemon beside it is told."""
    one_situation.configure()
    one_situation.deliver(1, 2)

    unknown = one_situation.tell("resend", "77")
    assert unknown.code == 2
    assert "there is no upload 77; `syncd uploads` lists them" in unknown.text
    one_situation.emulator.fault("refuse", times=1)
    refused = one_situation.tell("resend", "1")
    assert refused.code == 1
    assert "Metrica refused the rows of upload 1" in refused.text
    again = one_situation.tell("resend", "2")
    assert again.code == 2
    assert "cannot be sent again" in again.text
    assert one_situation.times() == {1: 1, 2: 1}


def test_resend_killed_at_any_point(one_situation: Situation) -> None:
    """Recorded before its POST like every upload: the next run settles it, sent at most once more."""
    one_situation.configure()
    one_situation.deliver(1, 2)
    for often, point in enumerate(("intent", "post", "answer", "accepted"), 2):
        assert one_situation.tell("resend", "1", SYNCD_CRASH_AT=point).code == -9
        one_situation.run()
        assert set(one_situation.times().values()) == {often}
    states = {upload["state"] for upload in one_situation.json("uploads")["uploads"]}
    assert states == {"accepted"}


def test_a_long_list_is_read_in_pages(one_situation: Situation) -> None:
    """`--limit 0` shows every upload, each once."""
    one_situation.configure(chunk_rows=1)
    shop.sell(one_situation.shop, 1, 7)
    one_situation.run()

    numbers = [upload["id"] for upload in one_situation.json("uploads", "--limit", "0")["uploads"]]

    assert numbers == list(range(7, 0, -1))
