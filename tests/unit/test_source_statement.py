"""The DBA's SQL: kept verbatim, cut at its end only."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.engine import Dialect

from syncd.source.keyset import Keyset
from syncd.source.statement import LEXIS, Lexis, SecondStatementError, escape, single_statement
from tests.support.source import dialect

DIALECTS: dict[str, Dialect] = {
    "postgresql": dialect("postgresql+psycopg"),
    "mysql": dialect("mysql+pymysql"),
    "sqlite": dialect("sqlite"),
    "mssql": dialect("mssql+pyodbc"),
    "oracle": dialect("oracle+oracledb"),
}

SQL = st.text(alphabet=st.one_of(st.sampled_from(":\\%'\"$?{}() aé1_\n;"), st.characters(codec="utf-8")))


@pytest.mark.parametrize("name", DIALECTS)
@given(sql=SQL)
@example(r"a::int \: \\: :x :x:y '::' %(x)s %% ::")
def test_text_is_verbatim(name: str, sql: str) -> None:
    """Nothing in the SQL is taken for a parameter or an escape; `%` is doubled where the driver halves it."""
    database = DIALECTS[name]
    compiled = text(escape(sql)).compile(dialect=database)
    given_back = str(compiled)
    if database.paramstyle in {"format", "pyformat"}:
        assert given_back.count("%") == 2 * sql.count("%")
        given_back = given_back.replace("%%", "%")
    assert given_back == sql
    assert not compiled.params


@pytest.mark.parametrize("name", DIALECTS)
@given(sql=SQL)
def test_wrapped_verbatim(name: str, sql: str) -> None:
    """Inside the page query the SQL stands as it was written, with a line break behind it."""
    database = DIALECTS[name]
    whole = str(Keyset(sql, row_values=False).describe().compile(dialect=database))
    inner = sql.replace("%", "%%") if database.paramstyle in {"format", "pyformat"} else sql
    assert f"({inner}\n)" in whole


CUT = [
    ("postgresql", "SELECT 1; ", "SELECT 1"),
    ("postgresql", "SELECT 1 -- ; no", None),
    ("postgresql", "SELECT 1 /* /* ; */ ; */;-- x", "SELECT 1 /* /* ; */ ; */"),
    ("postgresql", "SELECT $a$;$b$;$$;$a$;", "SELECT $a$;$b$;$$;$a$"),
    ("postgresql", "SELECT a$b$, c$b$;", "SELECT a$b$, c$b$"),
    ("postgresql", "SELECT $1;", "SELECT $1"),
    ("postgresql", r"SELECT 'a\';", r"SELECT 'a\'"),
    ("postgresql", r"SELECT E'a\';';", r"SELECT E'a\';'"),
    ("postgresql", r"SELECT name'a\';", r"SELECT name'a\'"),
    ("postgresql", 'SELECT "a;""b";', 'SELECT "a;""b"'),
    ("postgresql", "SELECT a[1];", "SELECT a[1]"),
    ("mysql", r"SELECT 'a\';';", r"SELECT 'a\';'"),
    ("mysql", "SELECT `a;b`; # the; end", "SELECT `a;b`"),
    ("mysql", "SELECT 1--1; -- x", "SELECT 1--1"),
    ("mysql", "SELECT 1 --", None),
    ("mysql", "SELECT 1 /* /* */;", "SELECT 1 /* /* */"),
    ("sqlite", "SELECT [a;b], `c;d`;", "SELECT [a;b], `c;d`"),
    ("mssql", "SELECT [a]];b];", "SELECT [a]];b]"),
    ("oracle", "SELECT q'[it's;]', nq'!;'!' FROM dual;", "SELECT q'[it's;]', nq'!;'!' FROM dual"),
    ("sqlite", "SELECT 'open;", None),
    ("sqlite", "", None),
    ("sqlite", ";", ""),
]


@pytest.mark.parametrize(("name", "sql", "expected"), CUT)
def test_cut(name: str, sql: str, expected: str | None) -> None:
    """The final semicolon and what follows it go; semicolons in strings, names and comments stay."""
    assert single_statement(sql, LEXIS[name]) == (sql if expected is None else expected)


@pytest.mark.parametrize(
    ("name", "sql"),
    [
        ("postgresql", "SELECT 1; SELECT 2"),
        ("postgresql", r"SELECT 'a\'; DROP TABLE t --'"),
        ("mysql", "SELECT 1; /* x */ x"),
        ("postgresql", "SELECT 1; # no comment here"),
        ("mysql", "SELECT 1;--x"),
        ("sqlite", "SELECT 1;; 'x'"),
    ],
)
def test_second_statement(name: str, sql: str) -> None:
    """Anything but comments after a semicolon is refused."""
    with pytest.raises(SecondStatementError):
        single_statement(sql, LEXIS[name])


@given(sql=SQL, name=st.sampled_from(sorted(LEXIS)))
def test_any_text(sql: str, name: str) -> None:
    """Whatever the text, the result is its beginning, or a refusal."""
    try:
        assert sql.startswith(single_statement(sql, LEXIS[name]))
    except SecondStatementError:
        assert ";" in sql


def test_unknown_database() -> None:
    """A database not listed reads like the SQL standard."""
    assert single_statement("SELECT ';', \";\" -- ;\n;", Lexis()) == "SELECT ';', \";\" -- ;\n"
