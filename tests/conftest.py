"""Lists the fixtures; each lives in a file of its own, named for its resource."""

from hypothesis import settings

# A loaded machine is slow, not wrong: examples have no deadline, tests have one (pytest-timeout).
settings.register_profile("syncd", deadline=None)
settings.load_profile("syncd")

pytest_plugins = [
    "tests.fix_cli",
    "tests.fix_emulator",
    "tests.fix_ledger",
    "tests.fix_mariadb",
    "tests.fix_postgres",
    "tests.fix_sqlite",
]
