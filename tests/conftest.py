"""Lists the fixtures; each lives in a file of its own, named for its resource."""

import os
import signal

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
