"""The body of an upload: one file in multipart/form-data (docs/metrica.md, 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from io import BytesIO


class FileBody:
    """A file for requests to send. It asks `fence` before it gives out each part, the last one too.

    Args:
        file: The file's content, in pieces.
        fence: Raises when nothing more may leave; the file then stays incomplete.
    """

    def __init__(self, file: Sequence[bytes], fence: Callable[[], None]) -> None:
        from urllib3.filepost import encode_multipart_formdata  # noqa: PLC0415 — see `transport`

        around, self.content_type = encode_multipart_formdata({"file": ("data.csv", b"", "text/csv")})
        head = around.index(b"\r\n\r\n") + 4
        self._pieces = [BytesIO(piece) for piece in (around[:head], *file, around[head:])]
        self._size = len(around) + sum(map(len, file))
        self._fence = fence
        self.begun = False
        """Whether some of it was given out: from then on Metrica may have all of it."""

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        """What requests takes for the sign of a file."""
        return iter(lambda: self.read(64 * 1024), b"")

    def read(self, size: int = -1) -> bytes:
        """The next part, of at most so many bytes; empty at the end. Raises what the fence raises."""
        part = b""
        while self._pieces and not part:
            part = self._pieces[0].read(size)
            if not part:
                del self._pieces[0]
        self._fence()
        self.begun = True
        return part
