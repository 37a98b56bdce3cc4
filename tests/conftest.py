"""Lists the fixtures; each lives in a file of its own, named for its resource."""

pytest_plugins = [
    "tests.fix_cli",
    "tests.fix_emulator",
    "tests.fix_ledger",
    "tests.fix_mariadb",
    "tests.fix_postgres",
    "tests.fix_sqlite",
]
