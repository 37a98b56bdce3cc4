"""The uploads of one kind: files that go to its endpoint, and the list that tells of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from syncd.metrica.classify import TOO_LARGE
from syncd.metrica.client import MetricaClient
from syncd.metrica.multipart import FileBody
from syncd.metrica.replies import receipt_of, receipts_of
from syncd.model import Receipt
from syncd.model.errors import FileRefused, OutcomeUnknown
from syncd.model.probed import Probed
from syncd.model.settings import QuerySettings
from syncd.model.upload_kind import UploadKind

UNASKED = Probed()
"""Nobody has asked a live counter."""
ID_PARAMETER = "client_id_type"
LIST_PAGE = 10_000
"""Uploads per list request: the API's own default."""
SMALLEST_PAGE = 10
"""Uploads per list request below which an answer that is too large is not Metrica speaking."""


class Uploads:
    """Implements ports.Destination and ports.UploadList, where each method is described."""

    def __init__(
        self, client: MetricaClient, kind: UploadKind, query: QuerySettings, probed: Probed = UNASKED
    ) -> None:
        self._client = client
        self._kind = kind
        self._endpoint = kind.endpoint
        self._query = query
        self._unwanted = frozenset({ID_PARAMETER} if probed.refuses_id_parameter else ())
        """Parameters of an upload that Metrica refuses."""
        self._list_page = min(LIST_PAGE, probed.list_page or LIST_PAGE)
        """Fewer once an answer was too large."""

    @property
    def lists_tags(self) -> bool:
        return self._endpoint.uploads is not None

    @property
    def list_path(self) -> str:
        return self._endpoint.uploads or ""

    def upload(
        self,
        counter: int,
        file: Sequence[bytes],
        *,
        tag: str,
        header: str,
        fence: Callable[[], None],
    ) -> Receipt:
        # The fence is called each time before a part of the file leaves: when it raises, the file stays
        # incomplete, so that Metrica cannot take it, however long the process was stopped meanwhile.
        parameters = self._kind.parameters(self._query, header, tag)
        parameters = {name: value for name, value in parameters.items() if name not in self._unwanted}
        document = self._client.request(
            "POST", counter, self._endpoint.upload, parameters, lambda: FileBody(file, fence)
        )
        receipt = receipt_of(document.get("uploading"), self._endpoint.reply)
        if receipt.status in self._endpoint.reply.refused:
            raise FileRefused(f"Metrica answers {receipt.status} for the file", http_status=200)
        return receipt if self.lists_tags else replace(receipt, is_final=True)

    def find(self, counter: int, tag: str) -> Receipt | None:
        # The list's order is not documented, so all of it is read until the tag turns up.
        pages = self.pages(counter)
        return next((receipt for page in pages for receipt in page if receipt.comment == tag), None)

    def one(self, counter: int, upload_id: int) -> Receipt | None:
        path = f"{self.list_path.removesuffix('s')}/{upload_id}"
        try:
            document = self._client.request("GET", counter, path, {})
        except FileRefused as refused:
            if refused.error_type == "invalid_parameter":  # "No object with specified ID" (docs/metrica.md)
                return None
            raise
        return receipt_of(document.get("uploading"), self._endpoint.reply)

    def pages(self, counter: int, offset: int = 0) -> Iterator[list[Receipt]]:
        # A page that is short is not the last one: a server may give fewer than were asked for, or some of
        # them twice. The last is one that is empty, or that only repeats the first or the one before.
        first: frozenset[int] = frozenset()
        before = first
        while self.lists_tags:
            page, entries = self._read_page(counter, offset, LIST_PAGE)
            if entries <= before or entries <= first:
                return
            yield page
            first, before = first or entries, entries
            offset += len(page)

    def page(self, counter: int, offset: int, limit: int) -> list[Receipt]:
        return self._read_page(counter, offset, limit)[0] if self.lists_tags else []

    def _read_page(self, counter: int, offset: int, limit: int) -> tuple[list[Receipt], frozenset[int]]:
        """Read a page, smaller where so many do not fit into an answer, and what tells its entries apart."""
        while True:
            limit = min(limit, self._list_page)
            query = {"limit": str(limit), "offset": str(offset)}
            try:
                document = self._client.request("GET", counter, self.list_path, query)
            except OutcomeUnknown as error:
                if error.error_type != TOO_LARGE or limit <= SMALLEST_PAGE:
                    raise
                self._list_page = limit // 4
            else:
                receipts = receipts_of(document, self._endpoint.reply)
                return receipts, frozenset(hash(repr(entry)) for entry in document["uploadings"])
