"""`syncd rejects retry`: marks the rows, and sends them itself where no daemon does.

Why so: docs/decisions/0001-retry-is-a-request.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from syncd.language import _, counted
from syncd.ledger import Store
from syncd.ledger.database import AT_ONCE
from syncd.model.errors import LeaseLost, StateInUse, SyncdError
from syncd.model.settings import QuerySettings, Settings
from syncd.pipeline.reading.retry_rejects import findable
from syncd.service.application import Application
from syncd.service.signals import telemetry


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a request to try rejects again."""

    query: QuerySettings
    marked: int = 0
    """Rows that are, or were, to be tried again."""
    unfindable: int = 0
    """Rows that no key leads to: they stay."""
    waits: bool = False
    """A daemon runs the query, which will do it."""
    still: int = 0
    """Rows that were tried and are rejects still."""
    error: SyncdError | None = None
    """Why it ended early; the rows stay marked."""

    def as_json(self) -> dict[str, object]:
        """For scripts."""
        return {
            "query": self.query.name,
            "asked": self.marked,
            "without_key": self.unfindable,
            "done": not self.waits and self.error is None,
            "accounted_for": 0 if self.waits or self.error else self.marked - self.still,
            "rejected": None if self.waits or self.error else self.still,
        }

    def lines(self) -> Iterator[str]:
        """For a person."""
        name, rows = self.query.name, counted(self.marked, "{count} rejected row", "{count} rejected rows")
        if self.unfindable:
            yield (
                _(
                    "{name}: {rows} without a usable key cannot be tried again: correct them in "
                    "the source, so that their mark grows"
                ).format(
                    name=name,
                    rows=counted(self.unfindable, "{count} rejected row", "{count} rejected rows"),
                )
            )
        if not self.marked:
            yield _("{name}: nothing to try again").format(name=name)
        elif self.error is not None:
            yield _("{name}: {rows} marked; the next run of the query tries again").format(
                name=name, rows=rows
            )
        elif self.waits:
            yield (
                _(
                    "{name}: {rows} marked; the daemon that runs the query tries again with its next "
                    "run ({when}), and `syncd rejects list {name}` shows what is left"
                ).format(name=name, rows=rows, when=self._when())
            )
        else:
            fine = self.marked - self.still
            yield _("{name}: {rows} tried again; {fine} accounted for, {still} still rejected").format(
                name=name, rows=rows, fine=fine, still=self.still
            )
            if self.still:
                yield _("`syncd rejects list {name}` shows why.").format(name=name)

    def _when(self) -> str:
        query = self.query
        return (
            _("cron {cron}").format(cron=query.cron)
            if query.cron
            else _("every {seconds:g} s").format(seconds=query.every.total_seconds())
        )


def ask(store: Store, query: QuerySettings, keys: Sequence[str] | None) -> Done:
    """Mark these rejects, or all, as to be tried again; those that no key leads to are only counted."""
    done, part = Done(query), list[str]()
    for key in keys if keys is not None else (row.key for row in store.rejects(query.name)):
        if findable(query, key) is None:
            done = replace(done, unfindable=done.unfindable + 1)
            continue
        part.append(key)
        if len(part) == AT_ONCE:
            done, part = replace(done, marked=done.marked + store.request_retry(query.name, part)), []
    return replace(done, marked=done.marked + store.request_retry(query.name, part))


def send(
    settings: Settings, query: QuerySettings, store: Store, asked: Done, keys: Sequence[str] | None
) -> Done:
    """Try the marked rows again here and now, unless a daemon runs the query: two must never send at once."""
    _, observer = telemetry(settings, [query])
    try:
        with Application(settings, [query], observer, once=True) as application:
            application.retry(query.name)
    except (StateInUse, LeaseLost):
        return replace(asked, waits=True)
    except SyncdError as error:
        return replace(asked, error=error)
    if keys is None:
        left = sum(store.reject_counts().get(query.name, {}).values())
    else:
        left = sum(store.reject(query.name, key) is not None for key in keys)
    return replace(asked, still=left - asked.unfindable)
