"""Lists the fixtures; each lives in a file of its own, named for its resource."""

from hypothesis import settings

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
