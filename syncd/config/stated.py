"""What the files together say of each query and database: its own options, and those of the defaults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from syncd.config.document import Document, Raw
from syncd.config.keys import Values
from syncd.config.words import Path

RIVALS = (
    frozenset({"every", "cron"}),
    frozenset({"token", "token_file"}),
    frozenset({"sql", "sql_file", "sql_place"}),
    frozenset({"urls", "urls_file"}),
)
"""Keys of which a place has one at most; given in a query, one hides the other's default."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A place that says something of a query: its own section, or the defaults of a file."""

    document: Document
    path: Path
    raw: Raw
    values: Values


class StatedQuery:
    """A query as the files state it, nearest place first: itself, its file's defaults, the main file's."""

    def __init__(self, name: str, layers: list[Layer]) -> None:
        self.name = name
        self.layers = layers
        self.values = _effective(layers)

    @property
    def path(self) -> Path:
        """The path of the query's own section."""
        return self.layers[0].path

    @property
    def document(self) -> Document:
        """The file in which the query stands."""
        return self.layers[0].document

    def has(self, key: str) -> bool:
        """Whether any place gives the key, be its value right or wrong."""
        return any(key in layer.raw for layer in self.layers)

    def get(self, key: str) -> Any:
        """The value that counts; None where there is none, or none that could be read."""
        return self.values.get(key)

    def home(self, key: str) -> Layer:
        """The nearest place that gives the key; the query itself where none does."""
        return next((layer for layer in self.layers if key in layer.raw), self.layers[0])

    def add(self, key: str, *below: str, message: str, hint: str = "") -> None:
        """Tell what is wrong with a key, or with a part of its value, where it stands."""
        home = self.home(key)
        home.document.problems.add((*home.path, key, *below), message, hint)


def _effective(layers: list[Layer]) -> Values:
    """The values of the nearest places; a wrong value hides what is behind it, and so do rivals."""
    merged = Values()
    for layer in reversed(layers):
        given = set(layer.raw)
        hidden = given.union(*(rivals for rivals in RIVALS if rivals & given))
        merged = {key: value for key, value in merged.items() if key not in hidden} | layer.values
    return merged


def stated_queries(documents: list[Document]) -> Iterator[StatedQuery]:
    """Every query of all files; of two with one name the first."""
    main = documents[0]
    seen = set[str]()
    for document in documents:
        defaults = [document] if document is main else [document, main]
        behind = [Layer(one, ("defaults",), one.section("defaults"), one.defaults) for one in defaults]
        for name, values in document.queries.items():
            if name not in seen:
                seen.add(name)
                own = Layer(document, ("queries", name), document.section("queries", name), values)
                yield StatedQuery(name, [own, *behind])


def stated_databases(documents: list[Document]) -> dict[str, tuple[Document, Values]]:
    """Every database of all files; of two with one name the first."""
    found: dict[str, tuple[Document, Values]] = {}
    for document in documents:
        for name, values in document.databases.items():
            found.setdefault(name, (document, values))
    return found
