"""Names of databases that are spoken to alike."""

from __future__ import annotations


def family(name: str) -> str:
    """What the tables of this package are keyed by, of the name in a URL or of SQLAlchemy's dialect."""
    return "mysql" if name == "mariadb" else name
