"""The SQL that a query names: can it be read page by page, and where does a fault in it stand in the file?"""

from __future__ import annotations

from syncd.model.errors import RowsCutOff, SourceError, SourceRefused
from syncd.model.settings import QuerySettings
from syncd.source.limits import find_row_limit
from syncd.source.spots import line_and_column
from syncd.source.statement import LEXIS, Lexis, SecondStatementError, single_statement, without_braces


def statement_of(query: QuerySettings, family: str) -> str:
    """The query's one statement. Raises SourceRefused for a second one, RowsCutOff for a limit on rows."""
    lexis = LEXIS.get(family, Lexis())
    problem = ""
    try:
        statement = single_statement(query.sql, lexis)
    except SecondStatementError as error:
        problem = str(error)
    if problem:
        raise SourceRefused(f"query {query.name}: {problem}").name_query(query.name)
    if limit := find_row_limit(statement, lexis, family):
        where = "reads a subquery that ends with" if limit.is_inside else "ends with"
        cut = RowsCutOff(
            f"query {query.name}: the sql {where} {limit.words}: the rows beyond are never read, and"
            " never sent"
        )
        cut.spot = limit.position
        raise located(cut, query)
    return without_braces(statement, lexis) if family.startswith("clickhouse") else statement


def located(error: SourceError, query: QuerySettings) -> SourceError:
    """Say in the error where in the configuration its place in the SQL stands."""
    if error.spot is None:
        return error
    line, column = line_and_column(query.sql, error.spot)
    place = query.sql_place
    where = f"line {line}, column {column} of the sql"
    if place is not None and place.column:
        error.place = (place.file, place.line + line - 1)
        where = f"{place.file}:{error.place[1]}:{place.column + column - 1}"
    elif place is not None:
        error.place = (place.file, place.line)
        where = f"{place.file}:{place.line}, {where}"
    error.args = (f"{error} ({where})",)
    return error
