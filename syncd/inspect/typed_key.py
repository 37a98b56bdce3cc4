"""A row's key or a mark as a person types it: in words, as commands print it, or as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence

from syncd.language import _
from syncd.model.errors import UsageError
from syncd.model.keys import value_text


def typed_values(arguments: Sequence[str], columns: int, *, most: int | None = None) -> list[str]:
    """Read the arguments of a command as values, one for each column; give them as they are if unclear.

    Several arguments are the values. One alone is a JSON array of them (`["1","A-5"]`), or the values with
    commas between, as tables and `explain` print them (`1, A-5`); of one column it is the value itself.

    Args:
        arguments: What was typed.
        columns: How many values are wanted.
        most: How many may be given where syncd itself adds some; else as many as are wanted.

    Raises:
        UsageError: The text can be cut into values in more than one way.
    """
    most = most or columns
    if len(arguments) != 1:
        return list(arguments)
    (text,) = arguments
    listed = _from_json(text)
    if listed is not None and columns <= len(listed) <= most:
        return listed
    if most == 1:
        return [text]
    for separator in (", ", ","):
        parts = text.split(separator)
        if columns <= len(parts) <= most:
            return parts
        if len(parts) > most > 1 and columns > 1:
            example = json.dumps(
                [_("value {number}").format(number=number) for number in range(1, columns + 1)]
            )
            raise UsageError(
                _(
                    "{text} can be read as more than {most} values: give them one by one, or as {example}"
                ).format(text=text, most=most, example=example)
            )
    return [text]


def _from_json(text: str) -> list[str] | None:
    """The values of a JSON array as the texts of keys; None: it is none."""
    try:
        found = json.loads(text) if text.startswith("[") else None
    except ValueError:
        return None
    if not isinstance(found, list) or any(isinstance(value, list | dict) for value in found):
        return None
    return ["null" if value is None else value_text(value) for value in found]
