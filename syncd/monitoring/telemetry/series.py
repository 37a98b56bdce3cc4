"""The values behind the metrics, and Prometheus' text format 0.0.4.

500 queries have 43,000 series, nearly all of them zero. With an object for each, as prometheus-client has it,
they took 45 MB. Here only what is not zero is kept, and the others are written out (docs/decisions/0007).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_EXPONENT_FROM = 7
"""Digits before the point from which Prometheus writes an exponent."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One metric, as docs/observability.md lists it."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str

    def head(self) -> str:
        """The lines that describe it."""
        return f"# HELP {self.name} {_escaped(self.help)}\n# TYPE {self.name} {self.kind}\n"


@dataclass(slots=True)
class PlainSeries:
    """The series of a metric by the values of its labels; one with no labels is there from the start."""

    spec: Spec
    values: dict[tuple[str, ...], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.spec.labels:
            self.values[()] = 0.0

    def set(self, value: float, *labels: str) -> None:
        """Let it be this."""
        self.values[labels] = float(value)

    def add(self, amount: float, *labels: str) -> None:
        """Let it be so much more."""
        self.values[labels] = self.values.get(labels, 0.0) + amount

    def text(self, _queries: Iterable[str]) -> str:
        """All of it, as Prometheus reads it."""
        lines = [
            _line(self.spec.name, dict(zip(self.spec.labels, labels, strict=True)), value)
            for labels, value in self.values.items()
        ]
        return self.spec.head() + "".join(lines)

    def forget(self, query: str) -> None:
        """Let go of a query, the first label of those that have some."""
        for labels in [labels for labels in self.values if labels[:1] == (query,)]:
            del self.values[labels]


@dataclass(slots=True)
class QuerySeries:
    """The series of a metric that every query has, zero (`default`) until it is told otherwise."""

    spec: Spec
    seconds: Sequence[str] = ()
    """The values of the second label, if there is one."""
    default: float = 0.0
    values: dict[str, dict[str, float]] = field(default_factory=dict)
    """Those that are not the default: query → second label, or "" → value."""

    def set(self, value: float, query: str, second: str = "") -> None:
        """Let it be this."""
        if value == self.default:
            self.values.get(query, {}).pop(second, None)
        else:
            self.values.setdefault(query, {})[second] = float(value)

    def add(self, amount: float, query: str, second: str = "") -> None:
        """Let it be so much more."""
        self.set(self.values.get(query, {}).get(second, self.default) + amount, query, second)

    def forget(self, query: str) -> None:
        """Let go of a query."""
        self.values.pop(query, None)

    def text(self, queries: Iterable[str]) -> str:
        """All of it, as Prometheus reads it."""
        # Most of a scrape are these lines, so what stands around a query is put together once.
        frames = {second: self._line_around(second) for second in self.seconds or ("",)}
        usual, texts = _number(self.default), [self.spec.head()]
        for query in queries:
            name, kept = _escaped_value(query), self.values.get(query, {})
            lines = [
                f"{before}{name}{behind}{_number(kept[second]) if second in kept else usual}\n"
                for second, (before, behind) in frames.items()
            ]
            texts.append("".join(lines))
        return "".join(texts)

    def _line_around(self, second: str) -> tuple[str, str]:
        """The parts of a line before the query and between it and the value."""
        labels = dict(zip(self.spec.labels, ("\0", second), strict=False))
        before, behind = _line(self.spec.name, labels, 0).split("\0")
        return before, behind.removesuffix("0.0\n")


@dataclass(slots=True)
class _Measured:
    counts: list[int]
    """How many were in each bucket, those before it not counted; the last one is without a bound."""
    sum: float = 0.0


@dataclass(slots=True)
class Durations:
    """A histogram that every query has."""

    spec: Spec
    bounds: Sequence[float]
    values: dict[str, _Measured] = field(default_factory=dict)

    def observe(self, seconds: float, query: str) -> None:
        """Take one in."""
        measured = self.values.get(query)
        if measured is None:
            measured = self.values[query] = _Measured([0] * (len(self.bounds) + 1))
        measured.counts[bisect_left(self.bounds, seconds)] += 1
        measured.sum += seconds

    def forget(self, query: str) -> None:
        """Let go of a query."""
        self.values.pop(query, None)

    def text(self, queries: Iterable[str]) -> str:
        """All of it, as Prometheus reads it."""
        nothing = _Measured([0] * (len(self.bounds) + 1))
        lines = ("".join(self._lines(query, self.values.get(query, nothing))) for query in queries)
        return self.spec.head() + "".join(lines)

    def _lines(self, query: str, measured: _Measured) -> Iterator[str]:
        name, so_far = self.spec.name, 0
        for bound, count in zip((*self.bounds, math.inf), measured.counts, strict=True):
            so_far += count
            yield _line(f"{name}_bucket", {"query": query, "le": _number(bound)}, so_far)
        yield _line(f"{name}_count", {"query": query}, so_far)
        yield _line(f"{name}_sum", {"query": query}, measured.sum)


Series = PlainSeries | QuerySeries | Durations


def _line(name: str, labels: dict[str, str], value: float) -> str:
    told = ",".join(f'{label}="{_escaped_value(labels[label])}"' for label in sorted(labels))
    return f"{name}{{{told}}} {_number(value)}\n" if labels else f"{name} {_number(value)}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _escaped_value(text: str) -> str:
    return _escaped(text).replace('"', r"\"")


def _number(value: float) -> str:
    """A number as Go writes it, which is how Prometheus shows it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    text = repr(float(value))
    point = text.find(".")
    if value > 0 and point >= _EXPONENT_FROM:
        mantissa = f"{text[0]}.{text[1:point]}{text[point + 1 :]}".rstrip("0.")
        return f"{mantissa}e+{point - 1:02d}"
    return text
