"""Lists the fixtures; each lives in a file of its own, named for its resource."""

import os
import signal

import pytest
from hypothesis import settings

# Whoever runs the tests in the background (nohup, a shell's &) ignores these; what they start must not.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

# The tests read English, whatever their machine speaks.
os.environ.update(LC_ALL="", LC_MESSAGES="", LANGUAGE="", LANG="C.UTF-8")

# A loaded machine is slow, not wrong: examples have no deadline, tests have one (pytest-timeout).
settings.register_profile("syncd", deadline=None)
settings.load_profile("syncd")

pytest_plugins = [
    "tests.support.fix_cli",
    "tests.support.fix_emulator",
    "tests.support.fix_ledger",
    "tests.support.fix_mariadb",
    "tests.support.fix_postgres",
    "tests.support.fix_sqlite",
]

FLEETS = ("tests/acceptance/test_fleet_large.py", "tests/acceptance/test_fleet.py")
"""Several daemons each, and promises in seconds: one after the other, not all at once."""
LONG = (
    "tests/soak/test_soak.py",
    "tests/acceptance/test_crash_daemon.py",
    "tests/acceptance/test_health.py",
    "tests/acceptance/test_demo.py",
    "tests/acceptance/test_metrics.py",
    "tests/acceptance/test_state_trouble.py",
    "tests/acceptance/test_crash_matrix.py",
    "tests/acceptance/test_crash_kinds.py",
    "tests/acceptance/test_lost_answers.py",
    "tests/acceptance/test_live_databases.py",
    "tests/integration/test_late_commits.py::test_any_order_of_commits",
    "tests/integration/test_two_ways",
    "tests/integration/test_key_index.py",
    "tests/integration/test_orders_random.py",
    "tests/test_docs.py::test_the_first_sync",
)
"""Beginnings of the names of other tests that work or wait long; the longest first."""


@pytest.hookimpl(trylast=True)  # after pytest-randomly
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin each worker's share with long tests: a worker is robbed of its last ones, and none ends alone."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0"))
    if workers < 2:
        return
    fleets = [item for item in items if item.nodeid.startswith(FLEETS)]
    long = [item for name in LONG for item in items if item.nodeid.startswith(name)]
    placed = {*fleets, *long}
    rest = [item for item in items if item not in placed]
    ordered: list[pytest.Item] = []
    for worker in range(workers):  # shares as `worksteal` gives them out
        share = (len(items) - len(ordered)) // (workers - worker)
        mine = long[worker - 1 :: workers - 1] if worker else fleets
        others = max(0, share - len(mine))
        ordered += mine + rest[:others]
        del rest[:others]
    items[:] = ordered + rest
