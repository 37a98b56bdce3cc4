"""What the `rejects` commands do with rejected rows: find them by what is typed, write them to files."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import mkstemp
from typing import TextIO, cast

from syncd.cli.common import is_terminal, shown_key
from syncd.language import _
from syncd.ledger.rows import RejectRow
from syncd.model.errors import UsageError
from syncd.model.settings import QuerySettings
from syncd.model.showing import json_moment, on_one_line, safe_json, visible

CSV_COLUMNS = ("key", "reason", "column", "value", "detail", "since", "row")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection")."""
_INNER_FORMULA = re.compile(r"([;\t\r\n]\s*\"*)(?=[=+\-@])")
"""Where the semicolon separates cells, as in a Russian Excel, one may begin in the middle of ours."""
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def named(rows: Iterable[RejectRow], arguments: Sequence[str], columns: int) -> dict[str, list[str]]:
    """The keys of the rejects that the arguments of a command name, by what names them.

    Each argument is a row: its key as `rejects list` shows it, the same without blanks behind the commas, or
    a JSON array of its values. Else the arguments are the values of one key, one for each of its `columns`.
    What syncd itself adds after those (a digest: `#…`, `row:…`) may be left out, and then all rows that have
    these values are named. Raises UsageError where a text can be read as different values.
    """
    whole = _as_json(arguments)
    found: dict[str, list[str]] = {text: [] for text in (*arguments, whole)}
    for row in rows:
        values = json.loads(row.key)
        for name in {*_names(values), *_names(values[:columns])} & found.keys():
            found[name].append(row.key)
    one = found.pop(whole)
    if len(arguments) == columns > 1:
        if one and any(found.values()):
            raise UsageError(
                _("{arguments} can be one row or several: write {whole} for the one").format(
                    arguments=" ".join(arguments), whole=whole
                )
            )
        if one or not any(found.values()):
            return {", ".join(arguments): one}
    for text, there in found.items():
        readings = sorted({_as_json(json.loads(key)[:columns]) for key in there})
        if len(readings) > 1:
            raise UsageError(
                _("{text} can be read as {readings}: write the one that is meant").format(
                    text=text, readings=_(" or as ").join(readings)
                )
            )
    return found


def _names(values: Sequence[str | None]) -> set[str]:
    texts = ["null" if value is None else value for value in values]
    shown = ", ".join(texts)
    return {shown, visible(shown), ",".join(texts), *map(_as_json, (values, texts)), json.dumps(values)}


def _as_json(values: Sequence[str | None]) -> str:
    return json.dumps(values, ensure_ascii=False)


def document_of(row: RejectRow) -> dict[str, object]:
    """A reject as JSON."""
    document = asdict(row)
    document["key"] = json.loads(row.key)
    document["created_at"] = json_moment(row.created_at)
    for name in ("retry_at", "dropped_at"):
        document[name] = json_moment(document[name]) if document[name] else None
    with suppress(ValueError):  # a row that Metrica refused is kept as its CSV line
        document["row"] = json.loads(row.row)
    return document


class _ForATerminal(io.TextIOBase):
    """Standard output where a person sees it: what would deceive the eye is written out."""

    def write(self, text: str) -> int:
        """Write a text, line by line."""
        return sys.stdout.write("\n".join(map(on_one_line, text.split("\n"))))


@contextmanager
def output(path: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that appears when complete, for its owner's eyes. Raises UsageError.

    Only a regular file is replaced. A device, a pipe or what a symbolic link leads to is written to.
    """
    if path is None or str(path) == "-":
        yield cast("TextIO", _ForATerminal()) if is_terminal(sys.stdout) else sys.stdout
        return
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                yield file
            return
        handle, part = mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                yield file
            Path(part).replace(path)
        finally:
            Path(part).unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(_("cannot write {path}: {why}").format(path=path, why=error.strerror)) from None


def write_json(file: TextIO, query: QuerySettings, rows: Iterable[RejectRow]) -> int:
    """The document that `rejects list --json` prints, row by row; gives how many there were."""
    count = 0
    file.write(f'{{"query": {json.dumps(query.name)}, "kind": {json.dumps(query.kind)}, "rejects": [')
    for count, row in enumerate(rows, 1):
        file.write(
            (",\n" if count > 1 else "\n") + safe_json(json.dumps(document_of(row), ensure_ascii=False))
        )
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
        since = json_moment(row.created_at)
        cells = (shown_key(row.key), row.reason.value, row.column, row.value, row.detail, since, row.row)
        writer.writerow([harmless(cell) for cell in cells])
    return count


def harmless(cell: str) -> str:
    """The cell such that no spreadsheet runs it."""
    if _NUMBER.fullmatch(cell):
        return cell
    # The first sign is guarded; those behind it may begin a cell where another sign separates cells.
    first, rest = (cell[:1], cell[1:]) if cell.lstrip().startswith(_FORMULA) else ("", cell)
    return ("'" if first else "") + first + _INNER_FORMULA.sub(r"\1'", rest)
