"""Where a page stands, and how its links lead on from there."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Address:
    """One page's address. Its links are relative, so that they hold behind a proxy that adds a prefix."""

    path: str
    lang: str
    """The language asked for in the address; empty when the browser's wish decides."""
    still: bool
    """The reader does not want the page to refresh itself."""

    def home(self) -> str:
        """The page of all queries."""
        up = "../" * (self.path.count("/") - 1)
        return (up or "./") + self._options(self.lang, still=self.still)

    def root(self) -> str:
        """What leads from here to the server's root."""
        return "../" * (self.path.count("/") - 1) or "./"

    def query(self, name: str) -> str:
        """The page of one query."""
        up = "../" * (self.path.count("/") - 1)
        return f"{up}query/{quote(name, safe='')}{self._options(self.lang, still=self.still)}"

    def manual(self, name: str = "", language: str = "") -> str:
        """A page of the documentation, in another language if need be; without a name the list of them."""
        up = "../" * (self.path.count("/") - 1)
        return f"{up}docs/{quote(name)}{self._options(language or self.lang, still=self.still)}"

    def in_language(self, code: str) -> str:
        """This page in another language."""
        return self._options(code, still=self.still)

    def stilled(self, *, still: bool) -> str:
        """This page, refreshing itself or not."""
        return self._options(self.lang, still=still) or "?"

    @staticmethod
    def _options(lang: str, *, still: bool) -> str:
        options = [f"lang={lang}"] if lang else []
        options += ["still"] if still else []
        return f"?{'&'.join(options)}" if options else ""
