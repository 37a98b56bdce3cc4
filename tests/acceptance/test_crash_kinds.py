"""SIGKILL at every named place, for orders and for calls: the cheap form of the crash matrix."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from syncd.emulator.server import EmulatorServer
from tests.acceptance import crm, shop
from tests.acceptance.cells import KILLED
from tests.acceptance.template import Template
from tests.support.servers import Database

REFUSED_ROW = 2
ALWAYS = ("begun_written", "read", "intent_written", "intent", "post", "answer", "accept_written", "accepted")
CELLS = {
    "orders": [
        *(("none", point) for point in ALWAYS),
        ("drop_after", "unclear"),
        ("drop_before", "unclear"),
        ("drop_after", "sending_written"),
        *(("poison", point) for point in ("refusal", "split_written", "split", "refuse_written", "refused")),
    ],
    "calls": [
        *(("none", point) for point in ALWAYS),
        *(("drop_after", point) for point in ("unclear", "look_up", "found")),
        ("drop_before", "given_up"),
        *(("poison", point) for point in ("refusal", "split_written", "split", "refuse_written", "refused")),
    ],
}
"""What Metrica does to the first upload, and where the process is killed."""


@pytest.mark.parametrize("kind", CELLS)
def test_killed_at_every_point(
    kind: str, template: Template, emulator: EmulatorServer, tmp_path: Path
) -> None:
    """Orders are at Metrica as at the source; each call was received once; the next run sends nothing."""
    emulator.configure(parallel_by_uid=None, requests_per_day_by_uid=None)
    with ThreadPoolExecutor(6) as pool:
        proofs = [
            pool.submit(_prove, kind, fault, point, 101 + place, template, emulator, tmp_path / str(place))
            for place, (fault, point) in enumerate(CELLS[kind])
        ]
    for proof in proofs:
        proof.result()


def _prove(
    kind: str,
    fault: str,
    point: str,
    counter: int,
    template: Template,
    emulator: EmulatorServer,
    folder: Path,
) -> None:
    folder.mkdir()
    database = Database(url=f"sqlite:///{folder}/crm.db", reader_url="")
    crm.open_crm(database)
    crm.order(database, range(1, 4))
    crm.ring(database, range(1, 4))
    query = crm.orders_query if kind == "orders" else crm.calls_query
    text = shop.configuration(database, emulator.url, query("one", counter=counter, chunk_rows=2))
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    if fault == "poison":
        refused = str(REFUSED_ROW) if kind == "orders" else str(10**17 + REFUSED_ROW)
        emulator.fault("reject_ids", ids=[refused], counter=counter)
    elif fault != "none":
        emulator.fault(fault, times=1, counter=counter)

    def run(crash_at: str = "") -> tuple[int, str]:
        return template.run(folder, "run", "--once", SYNCD_CRASH_AT=crash_at)

    code, log = run(point)
    assert code == KILLED, f"{fault}: {point} was not reached ({code})\n{log}"
    code, log = run()
    assert code in {0, 3}, log
    assert "internal_error" not in log, log
    code, log = run()
    assert code == 0, f"{fault}, {point}: {log}"
    assert "upload_started" not in log, f"{fault}, {point}: the next run sent something"
    expected = {"1", "2", "3"} - ({"2"} if fault == "poison" else set())
    if kind == "calls":
        calls = emulator.calls(counter)
        assert {str(call["ClientId"])[-1] for call in calls} == expected, (fault, point)
        assert {call["times"] for call in calls} == {1}, (fault, point)
        return
    source = crm.at_source(database)
    assert crm.at_metrica(emulator, counter) == {key: source[key] for key in expected}, (fault, point)
