"""What the `rejects` commands do with rejected rows: find them by what is typed, write them to files."""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import mkstemp
from typing import TextIO

from syncd.cli.common import shown_key
from syncd.errors import UsageError
from syncd.ledger.rows import RejectRow

CSV_COLUMNS = ("key", "reason", "column", "value", "detail", "since", "row")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection")."""
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def wanted_keys(arguments: Sequence[str], columns: int) -> list[str]:
    """What the arguments of a command name, one text per row.

    Each argument is a row; but as many arguments as the key has columns, none with a comma, are one.
    """
    if len(arguments) == columns > 1 and not any("," in argument for argument in arguments):
        return [",".join(arguments)]
    return list(arguments)


def matching(rows: Iterable[RejectRow], wanted: Sequence[str], columns: int) -> dict[str, list[str]]:
    """The keys of the rejects that each wanted text names.

    A text is a key as `rejects list` shows it; what syncd itself adds after the key's `columns` values (a
    digest: `#…`, `row:…`) may be left out, and then names every row that has these values.
    """
    found: dict[str, list[str]] = {text: [] for text in wanted}
    asked = {_plain(text): text for text in wanted}
    for row in rows:
        values = ["null" if value is None else _plain(str(value)) for value in json.loads(row.key)]
        for name in {",".join(values), ",".join(values[:columns])} & asked.keys():
            found[asked[name]].append(row.key)
    return found


def document_of(row: RejectRow) -> dict[str, object]:
    """A reject as JSON."""
    document = asdict(row)
    document["key"] = json.loads(row.key)
    document["created_at"] = row.created_at.isoformat()
    for name in ("retry_at", "dropped_at"):
        document[name] = document[name].isoformat() if document[name] else None
    with suppress(ValueError):  # a row that Metrica refused is kept as its CSV line
        document["row"] = json.loads(row.row)
    return document


@contextmanager
def output(path: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that appears when complete, for its owner's eyes. Raises UsageError."""
    if path is None or str(path) == "-":
        yield sys.stdout
        return
    try:
        handle, part = mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                yield file
            Path(part).replace(path)
        finally:
            Path(part).unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None


def write_json(file: TextIO, query: str, rows: Iterable[RejectRow]) -> int:
    """The document that `rejects list --json` prints, row by row; gives how many there were."""
    count = 0
    file.write(f'{{"query": {json.dumps(query)}, "rejects": [')
    for count, row in enumerate(rows, 1):
        file.write((",\n" if count > 1 else "\n") + json.dumps(document_of(row), ensure_ascii=False))
    file.write("\n]}\n")
    return count


def write_csv(file: TextIO, rows: Iterable[RejectRow]) -> int:
    """One line per row after the header; gives how many there were.

    A cell that a spreadsheet would take for a formula gets an apostrophe in front, plain numbers do not.
    """
    count = 0
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for count, row in enumerate(rows, 1):  # noqa: B007 — counted for the caller
        since = row.created_at.isoformat()
        cells = (shown_key(row.key), row.reason.value, row.column, row.value, row.detail, since, row.row)
        writer.writerow([harmless(cell) for cell in cells])
    return count


def harmless(cell: str) -> str:
    """The cell such that no spreadsheet runs it."""
    if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def _plain(text: str) -> str:
    """Without the blank that `rejects list` puts behind a comma."""
    return text.replace(", ", ",").strip()
