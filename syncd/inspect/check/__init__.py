"""Everything that can be known before the first upload. Each look is one function that gives findings.

A finding never stops the others: a database that is down is one line, and the rest is still looked at.
"""

from syncd.inspect.check.answers import look_at_answers
from syncd.inspect.check.around import (
    Connected,
    look_at_database,
    look_at_destination,
    look_at_names,
    look_at_state,
)
from syncd.inspect.check.counter import look_at_counter
from syncd.inspect.check.findings import CLOCK_TOLERANCE, CheckFinding, Code, Level
from syncd.inspect.check.moments import look_at_zone
from syncd.inspect.check.query import MANY_ROWS, look_at_query
from syncd.inspect.check.query_sample import SAMPLE_ROWS, PlanSource, Seen

__all__ = [
    "CLOCK_TOLERANCE",
    "MANY_ROWS",
    "SAMPLE_ROWS",
    "CheckFinding",
    "Code",
    "Connected",
    "Level",
    "PlanSource",
    "Seen",
    "look_at_answers",
    "look_at_counter",
    "look_at_database",
    "look_at_destination",
    "look_at_names",
    "look_at_query",
    "look_at_state",
    "look_at_zone",
]
