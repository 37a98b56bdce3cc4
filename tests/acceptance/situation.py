"""A shop, its query, the emulator and a state store in a database of choice: what commands are tried on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from syncd.emulator.server import EmulatorServer
from tests.acceptance import shop
from tests.acceptance.template import Template
from tests.support.fix_cli import Cli
from tests.support.servers import Database

LONG_AGO = "2000d"
"""A span that holds every order of the shop."""


class Told(NamedTuple):
    """How a command ended, and all it said."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that a test of a command turns and looks at."""

    cli: Cli
    template: Template
    shop: Database
    emulator: EmulatorServer
    state: Database | None = None
    """A PostgreSQL database for the state; None: a SQLite file beside the configuration."""

    def configure(self, queries: Mapping[str, object] | None = None, **options: object) -> None:
        """Write the configuration: one query with these options, or these queries."""
        options.setdefault("overlap", "0s")  # nothing is read again by itself
        chosen = shop.query("paid_orders", **options) if queries is None else dict(queries)
        top = {} if self.state is None else {"state": {"url": self.state.url}}
        log = {"level": "error"}
        self.cli.configure(shop.configuration(self.shop, self.emulator.url, chosen, log=log, **top))

    def tell(self, *arguments: str, **environ: str) -> Told:
        """Run a command to its end, in a fork that need not import everything anew."""
        return Told(*self.template.run(self.cli.folder, *arguments, **environ))

    def json(self, *arguments: str) -> Any:
        """The document that a command prints with --json, whatever its exit code."""
        told = self.tell(*arguments, "--json")
        start = told.text.index("{\n")  # what is said on stderr stands before or after it
        return json.JSONDecoder().raw_decode(told.text[start:])[0]

    def run(self, code: int = 0) -> None:
        """`syncd run --once`."""
        done = self.tell("run", "--once")
        assert done.code == code, done.text

    def deliver(self, first: int, count: int) -> None:
        """Sell orders and upload them."""
        shop.sell(self.shop, first, count)
        self.run()

    def ripen(self) -> None:
        """Let ten minutes pass for the uploads there are, and have Metrica asked what became of them."""
        store = self.books()
        at = datetime.now(UTC) - timedelta(minutes=10)
        shown = f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"
        moments = ", ".join(f"{name} = '{shown}'" for name in ("created_at", "sent_at", "settled_at"))
        store.run(f"UPDATE {self.tables}uploads SET {moments} WHERE state = 'accepted'")
        self.tell("run", "--once")

    def books(self) -> Database:
        """The state store."""
        return self.state or Database(f"sqlite:///{self.cli.folder / 'syncd-state.db'}", "")

    @property
    def tables(self) -> str:
        """What stands before the names of the store's tables."""
        return "syncd." if self.state else "syncd_"

    def times(self) -> dict[int, int]:
        """Order → how often Metrica received it."""
        return {int(one.id) - 10**17: one.times for one in self.emulator.conversions()}

    def mark(self) -> str:
        """The mark's text in the store."""
        ((mark,),) = self.books().rows(f"SELECT mark FROM {self.tables}marks")
        return str(mark)
