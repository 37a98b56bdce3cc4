"""Whether a counter has a goal for each Target: what has none is uploaded, and never counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from syncd.inspect.check.findings import CheckFinding, Code, Level
from syncd.inspect.check.query_sample import Seen
from syncd.language import N_, _
from syncd.model.counters import Goal
from syncd.model.showing import escaped

MAKE_ONE = N_("Make a goal of type JavaScript event with the condition 'matches' and this identifier.")


def look_at_targets(where: str, goals: Sequence[Goal], seen: Mapping[str, Seen]) -> Iterator[CheckFinding]:
    """Look at each Target of the samples; one without a goal is an error where nothing else is sent."""
    for target in sorted({target for one in seen.values() for target in one.targets}):
        queries = [query for query, one in seen.items() if target in one.targets]
        if any(goal.takes(target) for goal in goals):
            yield CheckFinding(
                Level.OK, where, _("Target {target}: there is a goal for it").format(target=escaped(target))
            )
            continue
        who = _("Target {target} (query {queries})").format(
            target=escaped(target), queries=", ".join(queries)
        )
        path = ("queries", queries[0], "columns", "Target")
        mistaken = _mistaken_for(target, goals)
        if mistaken:
            is_constant = any(seen[query].is_constant for query in queries)
            message, identifier = mistaken
            action = _(MAKE_ONE)
            if identifier and is_constant:
                action = _("Write Target: {{value: {identifier}}}.").format(identifier=identifier)
            elif identifier:
                action = _("Have the sql give {identifier} as the Target.").format(identifier=identifier)
            yield CheckFinding(
                Level.ERROR, where, f"{who} {message}", action, Code.TARGET_NOT_IDENTIFIER, path
            )
            continue
        is_lost = any(_nothing_taken(seen[query], goals) for query in queries)
        near = next(filter(None, (goal.near(target) for goal in goals)), "") or _like(target, goals)
        yield CheckFinding(
            Level.ERROR if is_lost else Level.WARNING,
            where,
            _("{who}: no goal takes it, so its conversions are not counted{near}").format(
                who=who, near=near and "; " + near
            ),
            _(MAKE_ONE),
            Code.TARGET_NO_GOAL,
            path,
        )


def _nothing_taken(seen: Seen, goals: Sequence[Goal]) -> bool:
    return not any(goal.takes(target) for target in seen.targets for goal in goals)


def _mistaken_for(target: str, goals: Sequence[Goal]) -> tuple[str, str] | None:
    """Say of which goal the Target is the number or name, and that goal's identifier (empty: none)."""
    for goal in goals:
        is_number = target == str(goal.id)
        if is_number or _same_name(target, goal.name):
            shown = escaped(goal.name) if goal.name and is_number else goal.id
            identifier = escaped(goal.identifiers[0]) if goal.identifiers else ""
            if is_number and identifier:
                words = _("is the number of goal {goal}, whose identifier is {identifier}")
            elif is_number:
                words = _("is the number of goal {goal}, which no conversion can reach")
            elif identifier:
                words = _("is the name of goal {goal}, whose identifier is {identifier}")
            else:
                words = _("is the name of goal {goal}, which no conversion can reach")
            return words.format(goal=shown, identifier=identifier), identifier
    return None


def _same_name(target: str, name: str) -> bool:
    return bool(name) and target.strip().casefold() == name.strip().casefold()


def _like(target: str, goals: Sequence[Goal]) -> str:
    identifiers = {one.casefold(): one for goal in goals for one in goal.identifiers}
    found = get_close_matches(target.casefold(), identifiers, n=1)
    return _("did you mean {name}?").format(name=escaped(identifiers[found[0]])) if found else ""
