"""Runs one command and measures it whole: `python -IS launch.py COMMAND…` prints JSON.

A process of its own, and a small one: Linux counts the memory of the process that starts another as the
peak of the one started, so whoever measures must not be big.
"""

import json
import os
import sys
import time


def main() -> None:
    """Seconds, CPU seconds and peak memory of the command and of all that it waited for."""
    quiet = os.open(os.devnull, os.O_RDWR)
    log = os.open("command.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    began = time.perf_counter()
    child = os.posix_spawnp(
        sys.argv[1],
        sys.argv[1:],
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_DUP2, quiet, 0),
            (os.POSIX_SPAWN_DUP2, log, 1),
            (os.POSIX_SPAWN_DUP2, log, 2),
        ],
    )
    _, status, used = os.wait4(child, 0)
    seconds = time.perf_counter() - began
    result = {
        "code": os.waitstatus_to_exitcode(status),
        "seconds": seconds,
        "cpu": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss / 1024,
    }
    print(json.dumps(result))


main()
