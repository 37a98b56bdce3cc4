"""The uploads of one kind: files that go to its endpoint, and the list that tells of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from syncd.metrica.client import MetricaClient
from syncd.metrica.multipart import FileBody
from syncd.metrica.replies import receipt_of, receipts_of
from syncd.model import Receipt
from syncd.model.errors import FileRefused
from syncd.model.settings import QuerySettings
from syncd.model.upload_kind import UploadKind

LIST_PAGE = 10_000
"""Uploads per list request: the API's own default."""


class Uploads:
    """Implements ports.Destination for one token and the kind of a query's uploads."""

    def __init__(self, client: MetricaClient, kind: UploadKind, query: QuerySettings) -> None:
        self._client = client
        self._kind = kind
        self._endpoint = kind.endpoint
        self._query = query

    @property
    def lists_tags(self) -> bool:
        """Whether an upload can be found by its tag."""
        return self._endpoint.uploads is not None

    def upload(
        self,
        counter: int,
        file: Sequence[bytes],
        *,
        tag: str,
        header: str,
        fence: Callable[[], None],
    ) -> Receipt:
        """POST one CSV file, given in pieces [D UP-now].

        Raises NotReceived, OutcomeUnknown, FileRefused or AccessRefused.

        `fence` is called each time before a part of the file leaves: when it raises, the file stays
        incomplete, so that Metrica cannot take it, however long the process was stopped meanwhile.
        """
        parameters = self._kind.parameters(self._query, header, tag)
        document = self._client.request(
            "POST", counter, self._endpoint.upload, parameters, lambda: FileBody(file, fence)
        )
        receipt = receipt_of(document.get("uploading"), self._endpoint.reply)
        if receipt.status in self._endpoint.reply.refused:
            raise FileRefused(f"Metrica answers {receipt.status} for the file", http_status=200)
        return receipt if self.lists_tags else replace(receipt, is_final=True)

    def find(self, counter: int, tag: str) -> Receipt | None:
        """The upload whose comment is `tag`; None when Metrica's list does not have it. Raises MetricaError.

        The list's order is not documented, so all of it is read until the tag turns up.
        """
        pages = self._pages(counter)
        return next((receipt for page in pages for receipt in page if receipt.comment == tag), None)

    def all_uploads(self, counter: int) -> dict[int, Receipt]:
        """Every upload in the counter's list, by Metrica's id. Raises MetricaError."""
        return {receipt.id: receipt for page in self._pages(counter) for receipt in page}

    def _pages(self, counter: int) -> Iterator[list[Receipt]]:
        """The counter's list of uploads, page by page [D LIST-now]; none where there is no list of tags."""
        offset, path = 0, self._endpoint.uploads
        while path is not None:
            query = {"limit": str(LIST_PAGE), "offset": str(offset)}
            page = receipts_of(self._client.request("GET", counter, path, query), self._endpoint.reply)
            yield page
            if len(page) < LIST_PAGE:
                return
            offset += LIST_PAGE
