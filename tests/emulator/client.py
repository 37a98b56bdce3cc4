"""How the emulator's tests speak to it: plain HTTP, as the documents' samples do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import requests

from syncd.emulator.server import EmulatorServer

COUNTER = 12345678
TOKEN = "secret-token"
HEADER = "ClientId,Target,DateTime,Price,Currency"
SAMPLE = "133591247640966458,GOAL1,1481718166,123.45,RUB"
"""The official sample's first row."""


def csv(*lines: str, header: str = HEADER) -> bytes:
    """A file of these lines."""
    return "".join(f"{line}\n" for line in (header, *lines)).encode()


class Client:
    """A client of one emulator, with one token."""

    def __init__(self, emulator: EmulatorServer, token: str = TOKEN, counter: int = COUNTER) -> None:
        self.timeout = 20.0
        """Seconds."""
        self.headers = {"Authorization": f"OAuth {token}"}
        self.url, self.counter = emulator.url, counter
        self.base = f"{emulator.url}/management/v1/counter/{counter}"

    def upload(self, content: bytes | None = None, /, **query: str) -> requests.Response:
        """POST a file, the official sample if none is given."""
        files = {"file": content if content is not None else csv(SAMPLE)}
        url = f"{self.base}/offline_conversions/upload"
        return requests.post(
            url, params=query, headers=self.headers, files=files, timeout=self.timeout, allow_redirects=False
        )

    def get(self, path: str = "", /, **query: str | int) -> requests.Response:
        """GET something of the counter."""
        return requests.get(f"{self.base}{path}", params=query, headers=self.headers, timeout=self.timeout)

    def post(self, path: str, content: bytes, /, **query: str) -> requests.Response:
        """POST a file somewhere else: a path of the API, with `{counter}` in the counter's place."""
        url = f"{self.url}{path.format(counter=self.counter)}"
        return requests.post(
            url, params=query, headers=self.headers, files={"file": content}, timeout=self.timeout
        )

    def list(self, **query: str | int) -> list[dict[str, Any]]:
        """The uploads the API lists."""
        uploads: list[dict[str, Any]] = self.get("/offline_conversions/uploadings", **query).json()[
            "uploadings"
        ]
        return uploads

    def one(self, upload: int | str) -> requests.Response:
        """One upload."""
        return self.get(f"/offline_conversions/uploading/{upload}")


def uploaded(response: requests.Response) -> dict[str, Any]:
    """The upload of a good answer."""
    assert response.status_code == 200, response.text
    upload: dict[str, Any] = response.json()["uploading"]
    return upload


def refused(response: requests.Response, status: int, error_type: str) -> str:
    """Check an answer against the documented shape of errors; gives its message."""
    body = response.json()
    assert response.status_code == status, body
    assert body["code"] == status
    assert body["errors"][0]["error_type"] == error_type
    assert body["errors"][0]["message"] == body["message"]
    return str(body["message"])


def ids_of(uploads: Iterable[dict[str, Any]]) -> list[int]:
    """The ids of uploads, in their order."""
    return [upload["id"] for upload in uploads]
