"""The body of an upload: multipart/form-data with one part `file`, read piecemeal."""

from __future__ import annotations

from collections.abc import AsyncIterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from syncd.emulator.replies import Refusal
from syncd.emulator.settings import EmulatorSettings

_NO_FILE = "Required parameter is missing: file"


class _FilePart:
    """Collects the part named `file`; its filename and type cannot matter [I, from the samples]."""

    def __init__(self, limit: int) -> None:
        self.content: bytearray | None = None
        self.too_big = False
        self._limit = limit
        self._field = b""
        self._value = b""
        self._taking = False

    def on_part_begin(self) -> None:
        self._field = self._value = b""
        self._taking = False

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._taking = parse_options_header(self._value)[1].get(b"name") == b"file"
            if self._taking:
                self.content = bytearray()
        self._field = self._value = b""

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if not self._taking or self.content is None or self.too_big:
            return
        if len(self.content) + end - start > self._limit:
            self.too_big = True
            self.content.clear()
            return
        self.content += data[start:end]


async def read_file(content_type: str, stream: AsyncIterator[bytes], settings: EmulatorSettings) -> bytes:
    """The bytes of the part `file`. The whole body is read, whatever is wrong with it.

    Raises:
        Refusal: 400: no multipart, no such part, or a file over the limit.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        async for _ in stream:
            pass
        raise Refusal(400, "missing_parameter", _NO_FILE)
    part = _FilePart(settings.max_file_bytes)
    broken = False
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": part.on_part_begin,
            "on_header_field": part.on_header_field,
            "on_header_value": part.on_header_value,
            "on_header_end": part.on_header_end,
            "on_part_data": part.on_part_data,
        },
    )
    async for piece in stream:
        if piece and not broken:
            try:
                parser.write(piece)
            except FormParserError:
                broken = True
    if part.too_big:
        raise Refusal(400, settings.too_big_error, "The file is larger than allowed")
    if broken or part.content is None:
        raise Refusal(400, "missing_parameter", _NO_FILE)
    return bytes(part.content)
