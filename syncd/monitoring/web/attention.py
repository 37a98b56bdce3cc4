"""What needs a person, the worst first; what many queries have in common is said once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from syncd.monitoring.status import Finding, QueryStatus, Severity
from syncd.monitoring.status.wording import Value, nameless

FEW = 3
"""So many queries with a finding of one kind are told one by one."""

_Group = list[tuple[str, Finding]]


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """Something to be seen to."""

    queries: tuple[str, ...]
    findings: tuple[Finding, ...]
    """The worst first; where they are those of several queries, NAME stands for theirs."""

    @property
    def urgent(self) -> bool:
        """Rows do not move."""
        return not _calm(self.findings[0])


def attention(queries: Iterable[QueryStatus]) -> list[AttentionItem]:
    """Every finding that asks for a person."""
    groups: dict[tuple[object, ...], _Group] = {}
    for query in queries:
        for finding in query.findings:
            if finding.severity is not Severity.NOTE:
                groups.setdefault(_kind(query.name, finding), []).append((query.name, finding))
    items: dict[tuple[str, ...], list[Finding]] = {}
    for group in _told_apart(groups.values()):
        items.setdefault(tuple(name for name, _ in group), []).append(_in_common(group))
    found = [AttentionItem(names, tuple(sorted(findings, key=_calm))) for names, findings in items.items()]
    return sorted(found, key=lambda item: (not item.urgent, -len(item.queries)))


def _calm(finding: Finding) -> bool:
    return finding.severity is not Severity.BAD


def worst_first(queries: Sequence[QueryStatus]) -> list[QueryStatus]:
    """The queries by how much they want a person; equals stay in the configuration's order."""
    return sorted(queries, key=_rank)


def _rank(query: QueryStatus) -> int:
    severities = {finding.severity for finding in query.findings}
    if Severity.BAD in severities:
        return 0
    if Severity.WARNING in severities:
        return 1
    return 2 if query.facts.enabled else 3


def _kind(name: str, finding: Finding) -> tuple[object, ...]:
    """What findings that can be told together have in common: the token is refused, say."""
    texts = {key: nameless(name, value) for key, value in finding.values.items() if isinstance(value, str)}
    return (finding.code, *sorted(texts.items()))


def _told_apart(groups: Iterable[_Group]) -> Iterable[_Group]:
    for group in groups:
        a_cause = len([value for value in group[0][1].values.values() if isinstance(value, str)]) > 1
        yield from [group] if a_cause or len(group) > FEW else [[one] for one in group]


def _in_common(group: _Group) -> Finding:
    """One finding for all of them: rows and uploads added up, and the most of what cannot be added."""
    name, first = group[0]
    if len(group) == 1:
        return first
    values: dict[str, Value] = {}
    for key, value in first.values.items():
        others = [finding.values[key] for _, finding in group]
        if isinstance(value, str):
            values[key] = nameless(name, value)
        elif isinstance(value, int) and key != "failures":
            values[key] = sum(other for other in others if isinstance(other, int))
        else:
            values[key] = max(others)
    return Finding(first.code, values)
