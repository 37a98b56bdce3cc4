"""A page as text: the database writes the lines of the upload, and one row brings a whole page of them.

An object per row in Python costs several times what the database and the wire need. So the server is asked
for the text of the page, put together from expressions that write a good value just as `syncd.mapping` does;
what else they may write, the grammar there does not accept. Each database has its own (a module each), good
for some types of columns; with others, and on other databases, rows are read as values.
"""

from __future__ import annotations

from collections.abc import Mapping

from syncd.source.lines import mysql, postgresql, sqlite
from syncd.source.lines.offsets import steady_offset, steady_offset_of_moments
from syncd.source.lines.writer import TextRow, Wanted, Writer

__all__ = ["WRITERS", "TextRow", "Wanted", "Writer", "steady_offset", "steady_offset_of_moments"]

WRITERS: Mapping[str, Writer] = {
    "mysql": mysql.WRITER,
    "postgresql": postgresql.WRITER,
    "sqlite": sqlite.WRITER,
}
"""By the family of the database."""
