"""How the page writes numbers, moments, spans, findings and plots in one language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

from syncd.language import N_, catalogue
from syncd.model.remedies import REMEDIES
from syncd.monitoring.status import Finding, Wording
from syncd.monitoring.status.history import DAY, HOUR, Series, Stretch, in_all
from syncd.monitoring.web import plots
from syncd.monitoring.web.reasons import REASONS

DASH = "\N{EN DASH}"


class Words:
    """One language's way of writing things."""

    def __init__(self, language: str, zone: str = "UTC") -> None:
        self.zone = zone
        self._zone = ZoneInfo(zone)
        self._wording = Wording(language)
        self._say = catalogue(language).gettext

    def state(self, state: str) -> str:
        """How a query is."""
        return self._wording.state(state)

    def upload_state(self, state: str) -> str:
        """What became of an upload."""
        return self._wording.upload_state(state)

    def reason(self, reason: str) -> str:
        """Why rows are rejected."""
        return self._say(REASONS[reason]) if reason in REASONS else reason

    def remedy(self, reason: str) -> str:
        """What to do about rows that are rejected for a reason."""
        return self._say(REMEDIES.get(reason, N_("`syncd rejects list` shows the rows.")))

    def number(self, value: int | None) -> str:
        """12,345; a dash for what is not known."""
        return DASH if value is None else self._wording.number(value)

    def percent(self, rate: float | None) -> str:
        """48.3%; a dash for what is not known."""
        return (
            DASH if rate is None else f"{rate:.1%}".replace(".", self._wording.word("before decimals", "."))
        )

    def span(self, seconds: float) -> str:
        """3 min 12 s."""
        return self._wording.duration(timedelta(seconds=seconds))

    def ago(self, moment: datetime, now: datetime) -> str:
        """3 min 12 s ago."""
        return self._say(N_("{ago} ago")).format(ago=self._wording.duration(now - moment))

    def clock(self, moment: datetime, step: timedelta | None = None) -> str:
        """2026-01-31 13:00:00 Europe/Moscow (10:00 UTC); of a stretch only as much as it needs, in UTC."""
        if step is None and self.zone != "UTC":
            return f"{moment.astimezone(self._zone):%Y-%m-%d %H:%M:%S} {self.zone} ({self._utc(moment)})"
        shown = {None: "%Y-%m-%d %H:%M:%S UTC", HOUR: "%H:%M UTC", DAY: "%Y-%m-%d"}[step]
        return moment.astimezone(UTC).strftime(shown)

    def _utc(self, moment: datetime) -> str:
        """The clock in UTC beside that of the zone; the day where it is another."""
        at = moment.astimezone(UTC)
        is_same_day = at.date() == moment.astimezone(self._zone).date()
        return f"{at:%H:%M} UTC" if is_same_day else f"{at:%m-%d %H:%M} UTC"

    def short(self, moment: datetime) -> str:
        """01-31 13:00, under a heading that names the zone."""
        return moment.astimezone(self._zone).strftime("%m-%d %H:%M")

    def short_utc(self, moment: datetime) -> str:
        """01-31 10:00, where all is in UTC."""
        return moment.astimezone(UTC).strftime("%m-%d %H:%M")

    def until(self, moment: datetime, now: datetime) -> str:
        """In 3 min 12 s; now for what is due."""
        if moment <= now:
            return self._say(N_("now"))
        return self._say(N_("in {span}")).format(span=self._wording.duration(moment - now))

    def without_name(self, finding: Finding) -> str:
        """A finding's sentences, where the query's name stands beside them already."""
        said = self._wording.say(finding).removeprefix(f"{finding.values.get('query')}: ")
        return said[:1].upper() + said[1:]

    def bars(self, series: Series, *, tips: bool = False) -> Markup:
        """The plot of delivered rows; `tips` says each stretch's rows under the pointer."""
        step = _step(series)
        most = max(series, key=lambda one: one.rows)
        some = N_("{span}, rows delivered: {rows} in all, at most {most} at {at}")
        told = self._say(some if most.rows else N_("{span}: no rows delivered")).format(
            span=self._span_of(step),
            rows=self.number(in_all(series).rows),
            most=self.number(most.rows),
            at=self.clock(most.at, step),
        )

        def tip(one: Stretch) -> str:
            return f"{self.clock(one.at, step)}: {self.number(one.rows)}"

        return plots.bars(series, told, tip if tips else None)

    def line(self, series: Series) -> Markup:
        """The plot of the match rate."""
        total = in_all(series)
        some = N_("{span}, match rate: {rate} of the {rows} rows that Metrica has processed")
        none = N_("{span}, match rate: Metrica has processed no rows yet")
        told = self._say(some if total.told else none).format(
            span=self._span_of(_step(series)), rate=self.percent(total.rate), rows=self.number(total.told)
        )
        return plots.line(series, told)

    def most(self, series: Series) -> str:
        """The highest bar; nothing when there is none."""
        most = max(series, key=lambda one: one.rows)
        at = self.clock(most.at, _step(series))
        return (
            self._say(N_("most: {rows}, {at}")).format(rows=self.number(most.rows), at=at)
            if most.rows
            else ""
        )

    @staticmethod
    def in_all(series: Series) -> Stretch:
        """A series added up."""
        return in_all(series)

    def _span_of(self, step: timedelta) -> str:
        return self._say(N_("Last 24 hours") if step == HOUR else N_("Last 30 days"))


def _step(series: Series) -> timedelta:
    return series[1].at - series[0].at
