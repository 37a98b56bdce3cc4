"""What differs between the kinds of upload, in one interface; `mapping/kinds/` has a module for each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Literal, NamedTuple

from syncd.model.endpoints import Endpoint
from syncd.model.kinds import UploadColumn
from syncd.model.rows import Reason
from syncd.model.settings import QuerySettings

Reader = Callable[[object], str]
"""A database value → the text that is sent, "" where there is none; raises BadValueError."""


class Remark(NamedTuple):
    """What a kind has to say of a sample of rows."""

    is_fine: bool
    message: str
    action: str = ""
    path: tuple[str, ...] = ()
    """The key of the query that it is about."""


class UploadKind(ABC):
    """One kind of upload. Everything that the engine does differently for a kind is asked of this object.

    A line is `client and moment columns, then what may change`: the header's columns up to the moment
    (`DateTime`, `create_date_time`) are what a key may not change, those after it are what it may.
    """

    name: ClassVar[str]
    """As the configuration writes it under `kind`."""
    columns: ClassVar[tuple[UploadColumn, ...]]
    """In the order of the file."""
    client_columns: ClassVar[frozenset[UploadColumn]]
    """Columns that name the client, at least one of which is filled in each row."""
    required: ClassVar[frozenset[UploadColumn]]
    moment: ClassVar[UploadColumn]
    key_column: ClassVar[UploadColumn | None] = None
    """The column whose value is the key; None: the query says what its key is."""
    private_columns: ClassVar[frozenset[UploadColumn]] = frozenset()
    """Columns whose values at the source stand in no log, reject or message."""
    spare_columns: ClassVar[frozenset[UploadColumn]] = frozenset()
    """Columns that are left empty in a row where they cannot be read."""
    no_client: ClassVar[Reason] = Reason.NO_ID
    null_key: ClassVar[Reason] = Reason.KEY_NULL
    window: ClassVar[timedelta]
    """How old a row may be when it is sent and still be of use; older ones are counted."""
    on_change: ClassVar[Literal["ignore", "resend"] | None] = None
    """What becomes of a delivered key whose line has changed; None: as the query says."""
    is_overwritten: ClassVar[bool] = True
    """Whether Metrica overwrites a row that is sent again, so that a person may have an upload sent again."""
    changing_words: ClassVar[str]
    """What of a row may change, for people."""
    identity_words: ClassVar[str]
    """What a delivered key came with another of, for people."""
    may_write_lines: ClassVar[bool] = False
    """Whether a database may write the lines by itself (`mapping.lines`)."""
    most_odd_lines: ClassVar[int] = 500
    """Lines of a page that are read again as values, by their keys; more, and all of the page is."""
    merges_equal_sales: ClassVar[bool] = False
    """Whether Metrica takes rows that are alike up to their moment for one, whatever their keys."""
    needs_counter_zone: ClassVar[bool] = False
    """Whether lines are written in the time zone of the counter (`QuerySettings.counter_timezone`)."""
    endpoint: ClassVar[Endpoint]

    @abstractmethod
    def readers(self, query: QuerySettings) -> Mapping[UploadColumn, Reader]:
        """The function that reads each column."""

    @abstractmethod
    def parameters(self, query: QuerySettings, header: str, tag: str) -> dict[str, str]:
        """The query parameters of an upload."""

    def remarks(
        self,
        query: QuerySettings,  # noqa: ARG002 - for kinds that have something to say
        rows: Sequence[Mapping[UploadColumn, object]],  # noqa: ARG002 - as above
        now: datetime,  # noqa: ARG002 - as above
    ) -> Iterable[Remark]:
        """Remark on a sample of rows, given as the source's values by column."""
        return ()

    def is_wanted(self, column: UploadColumn, query: QuerySettings) -> bool:  # noqa: ARG002 - for kinds that choose
        """Whether a query of this kind may have the column."""
        return True

    def name_in_file(self, column: UploadColumn, query: QuerySettings) -> str:  # noqa: ARG002 - as above
        """What the header calls a column."""
        return column.value

    def plain_statuses(self, query: QuerySettings) -> Mapping[str, str]:  # noqa: ARG002 - for kinds with statuses
        """The company's words for a status that may be compared as they are, each with what is written."""
        return {}

    def names_client(self, texts: Sequence[str]) -> bool:
        """Whether the texts of the client columns name anybody."""
        return any(texts)

    def seconds(self, text: str, query: QuerySettings) -> int:  # noqa: ARG002 - as above
        """The text of the moment column in unix seconds."""
        return int(text)
