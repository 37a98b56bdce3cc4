"""What it costs to remember delivered keys: `python -m benchmarks.keys [--million N]` prints a table.

Rows go the ledger's own way (begin, accept, known) in uploads of 50,000 into a fresh SQLite store; `growing`
keys are order numbers, `random` ones UUIDs. Seconds are of this machine; what matters is how they grow.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from uuid import UUID

from pydantic import SecretStr

from syncd.ledger import QueryLedger, Store
from syncd.model import Chunk, Receipt, Rows
from syncd.model.joined import JoinedLines
from syncd.model.keys import key_text
from syncd.model.places import Place
from syncd.model.settings import StateSettings

CHUNK = 50_000
MOMENT = 1_767_225_600
HEADER = "ClientId,Target,DateTime,Price,Currency"


def main() -> None:
    """Measure growing and random keys."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", type=int, default=1, help="how many million rows of each kind")
    millions = parser.parse_args().million
    print("keys     rows       record s/M  known s/M  bytes/row  of which index  RSS MB")
    for name, keys in (("growing", growing), ("random", randomly)):
        with TemporaryDirectory() as folder:
            for row in measure(Path(folder), keys, millions * 1_000_000 // CHUNK):
                print(f"{name:8} {row}")


def growing(first: int) -> Iterator[str]:
    """Order numbers."""
    return (key_text([number]) for number in range(first, first + CHUNK))


def randomly(first: int) -> Iterator[str]:
    """UUIDs."""
    random = Random(first)
    return (key_text([UUID(int=random.getrandbits(128))]) for _ in range(CHUNK))


def measure(folder: Path, keys: Callable[[int], Iterator[str]], chunks: int) -> Iterator[str]:
    """Record the uploads, look their keys and as many new ones up; a line after each tenth of them."""
    file = folder / "state.db"
    store = Store.open(StateSettings(url=SecretStr(f"sqlite:///{file}")))
    store.migrate()
    ledger = QueryLedger(store, "orders", "fingerprint", place=Place("", 1))
    recording = looking = 0.0
    for number in range(chunks):
        names = list(keys(number * CHUNK))
        rows = Rows(JoinedLines(names), JoinedLines(map(line, names)), MOMENT, MOMENT)
        now, began = datetime.now(UTC), time.perf_counter()
        ledger.find_known(names)
        looked = time.perf_counter()
        upload = ledger.begin(Chunk(header=HEADER, ready=rows), f"syncd{number:032x}", now)
        ledger.accept(upload, Receipt(number + 1, "UPLOADED"), now)
        looking += looked - began
        recording += time.perf_counter() - looked
        if (number + 1) % max(chunks // 4, 1) == 0:
            done = (number + 1) * CHUNK
            with store.database.read() as connection:
                index = connection.exec_driver_sql(
                    "SELECT sum(pgsize) FROM dbstat WHERE name IN ('syncd_key_runs', 'syncd_key_blocks')"
                ).scalar_one()
            size = sum(path.stat().st_size for path in folder.iterdir())
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            per_million = 1e6 / done
            yield (
                f"{done:9,}  {recording * per_million:10.2f}  {looking * per_million:9.2f}  "
                f"{size / done:9.1f}  {index / done:15.1f}  {memory:6.0f}"
            )
    store.close()


def line(key: str) -> str:
    """A usual row with this key."""
    return f"{abs(hash(key)) % 10**18},order_paid,{MOMENT},1990.00,RUB"


if __name__ == "__main__":
    main()
