"""Random histories of orders and calls: at rest Metrica knows each order as the source has it.

Inserts, changes of status and price, deletes, late commits, kills at fault points, lost answers and reloads.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import Connection, create_engine, text

from syncd.emulator.server import EmulatorServer
from syncd.model import faultpoints
from syncd.model.errors import SyncdError
from syncd.model.faultpoints import Point
from tests.acceptance import crm, shop
from tests.support.process import Process
from tests.support.servers import Database

FAULTS: list[dict[str, object]] = [
    {"kind": "drop_before"},
    {"kind": "drop_after"},
    {"kind": "error_before"},
    {"kind": "error_after", "status": 504},
    {"kind": "bad_json"},
    {"kind": "partial_json"},
    {"kind": "minimal_reply"},
    {"kind": "exhaust_quota", "quota": "quota_parallel_requests"},
    {"kind": "error_before", "on": "list"},
]
POINTS = [point for point in Point if point is not Point.FOLLOW_WRITTEN]
_COUNTERS = count(1)


class Died(BaseException):
    """The process is gone at a fault point: nothing that it would have done is done."""


@dataclass(frozen=True, slots=True)
class Death:
    """A trigger that ends the process at a point, once."""

    point: Point

    def pull(self) -> None:
        """Die."""
        faultpoints.arm({})
        raise Died


class Crm(RuleBasedStateMachine):
    """A CRM, its two queries, and what happens to them."""

    database: Database
    emulator: EmulatorServer

    @initialize(rows=st.integers(1, 4))
    def open(self, rows: int) -> None:
        """Begin with empty tables and another counter."""
        self.counter = next(_COUNTERS)
        self.database.run("DELETE FROM crm_orders", "DELETE FROM calls")
        self.folder = TemporaryDirectory()
        self.numbers, self.present = count(1), set[int]()
        self.late: list[tuple[Connection, int]] = []
        self.ahead = timedelta()
        self.rows = rows
        self.processes: dict[str, Process] = {}
        self._start()

    @rule(orders=st.integers(1, 3), calls=st.integers(0, 2))
    def sell(self, orders: int, calls: int) -> None:
        """New orders, and calls about them."""
        new = [next(self.numbers) for _ in range(orders)]
        crm.order(self.database, new)
        if calls:
            crm.ring(self.database, new[:calls])
        self.present |= set(new)

    @rule(
        which=st.integers(0, 20),
        columns=st.fixed_dictionaries(
            {},
            optional={"status": st.sampled_from(sorted(crm.STATUSES)), "total": st.integers(1, 5)},
        ),
    )
    def change(self, which: int, columns: dict[str, Any]) -> None:
        """An order is paid, cancelled or priced anew; or touched only."""
        if self.present:
            crm.change(self.database, sorted(self.present)[which % len(self.present)], **columns, cost=None)

    @rule(which=st.integers(0, 20))
    def delete(self, which: int) -> None:
        """An order leaves the source."""
        if self.present:
            number = sorted(self.present)[which % len(self.present)]
            self.database.run(f"DELETE FROM crm_orders WHERE order_id = {number}")
            self.present.discard(number)

    @rule()
    def sell_late(self) -> None:
        """An order whose transaction stays open, where a database has such."""
        if shop.kind(self.database) == "sqlite" or len(self.late) > 1:
            return
        number = next(self.numbers)
        connection = create_engine(self.database.url).connect()
        at = crm.moment(self.database, crm.tick())
        connection.execute(
            text(
                "INSERT INTO crm_orders VALUES "
                "(:id, :at, :at, 'late', '5', NULL, NULL, 'new', 7, NULL, 'RUB')"
            ),
            {"id": number, "at": at},
        )
        self.late.append((connection, number))

    @rule()
    def commit(self) -> None:
        """The oldest of those is committed."""
        if self.late:
            connection, number = self.late.pop(0)
            connection.commit()
            connection.close()
            connection.engine.dispose()
            self.present.add(number)

    @rule(fault=st.sampled_from(FAULTS), skip=st.integers(0, 1))
    def trouble(self, fault: dict[str, Any], skip: int) -> None:
        """Something goes wrong at Metrica, once."""
        self.emulator.fault(**fault, times=1, skip=skip, counter=self.counter)

    @rule()
    def run(self) -> None:
        """A run of each query."""
        for process in self.processes.values():
            with suppress(SyncdError):
                process.run()

    @rule(point=st.sampled_from(POINTS), name=st.sampled_from(["orders", "calls"]))
    def die(self, point: Point, name: str) -> None:
        """A run that is killed at a point, if it comes by there."""
        faultpoints._armed[:] = [Death(point)]  # type: ignore[list-item] # noqa: SLF001 - dies without a process
        try:
            self.processes[name].run()
        except (SyncdError, Died):
            pass
        finally:
            faultpoints.arm({})
        self._start()

    @rule(rows=st.integers(1, 4))
    def reload(self, rows: int) -> None:
        """Another `chunk_rows`, and all that was not recorded is forgotten."""
        self.rows = rows
        self._start()

    @rule(seconds=st.integers(1, 5))
    def wait(self, seconds: int) -> None:
        """Time goes on."""
        self.ahead += timedelta(seconds=seconds)
        for process in self.processes.values():
            process.clock.ahead = self.ahead

    def teardown(self) -> None:
        """All troubles are over: the queries run until nothing is left, and both sides are compared."""
        if not hasattr(self, "folder"):
            return
        try:
            while self.late:
                self.commit()
            self.emulator.clear_faults()
            for _ in range(6):
                self.run()
                self.wait(3)
            there = crm.at_metrica(self.emulator, self.counter)
            source = crm.at_source(self.database)
            assert {number: there.get(number) for number in source} == source
            calls = self.emulator.calls(self.counter)
            assert [call["times"] for call in calls] == [1] * len(calls)
            rung = self.database.rows("SELECT client_id FROM calls")
            assert {call["ClientId"] for call in calls} == {str(client) for (client,) in rung}
        finally:
            self._close()
            self.folder.cleanup()

    def _start(self) -> None:
        self._close()
        for name, query in (
            ("orders", crm.orders_query("q", counter=self.counter, chunk_rows=self.rows)["q"]),
            ("calls", crm.calls_query("q", counter=self.counter, chunk_rows=self.rows)["q"]),
        ):
            folder = Path(self.folder.name, name)
            folder.mkdir(exist_ok=True)
            assert isinstance(query, dict)
            self.processes[name] = Process(folder, self.database.url, self.emulator.url, query)
            self.processes[name].resources.store.migrate()
            self.processes[name].clock.ahead = self.ahead

    def _close(self) -> None:
        for process in self.processes.values():
            process.resources.close()
        self.processes.clear()


@pytest.mark.parametrize(("where", "examples"), [("postgres", 10), ("mariadb", 8), ("sqlite_db", 10)])
def test_at_rest_both_sides_agree(
    where: str, examples: int, request: pytest.FixtureRequest, emulator: EmulatorServer
) -> None:
    """Each order's state at the emulator is the source's, and each call was received once."""
    database: Database = request.getfixturevalue(where)
    crm.open_crm(database)
    emulator.configure(requests_per_day_by_uid=None, requests_per_day_by_counter=None)
    machine = type("ThisCrm", (Crm,), {"database": database, "emulator": emulator})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
