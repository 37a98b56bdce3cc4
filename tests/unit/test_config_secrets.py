"""Secrets in files of their own."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from syncd.config.secrets import read_secret_file, read_token_file
from syncd.model.errors import TokenFileUnusable


@pytest.mark.parametrize(
    ("data", "secret"),
    [
        (b"abc", "abc"),
        (b"abc\n", "abc"),
        (b"abc\r\n", "abc"),
        (b"abc\n\n", "abc\n"),
        (b" a b ", " a b "),
        ("пароль".encode(), "пароль"),
    ],
)
def test_one_line_end_is_not_part_of_it(tmp_path: Path, data: bytes, secret: str) -> None:
    """The last line end goes, everything else is the secret."""
    file = tmp_path / "secret"
    file.write_bytes(data)
    assert read_secret_file(file).get_secret_value() == secret


@pytest.mark.parametrize(
    "data", [None, b"", b"\n", b"s3cr3t\xff", b"s3cr3t\0", b"s3cr3t" * 20_000], ids=range(6)
)
def test_what_is_no_secret(tmp_path: Path, data: bytes | None) -> None:
    """A missing, empty or unreadable file is told by its path, without its content."""
    file = tmp_path / "secret"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(TokenFileUnusable) as caught:
        read_secret_file(file)
    assert str(caught.value).startswith(f"token_file {file}: ")
    assert caught.value.code == "metrica.token_file"
    assert "check --offline" not in caught.value.action
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_folder_is_no_secret(tmp_path: Path) -> None:
    """A folder in its place is a clear error, which says who could not read it."""
    with pytest.raises(
        TokenFileUnusable, match=rf"cannot be read by {pwd.getpwuid(os.geteuid())[0]}: .* dir"
    ):
        read_secret_file(tmp_path)


@pytest.mark.parametrize(
    "data", ["s3cr3t s3cr3t", "s3cr3t\n\n", "s3cr3tж", "OAuth s3cr3t", "   "], ids=range(5)
)
def test_what_is_no_token(tmp_path: Path, data: str) -> None:
    """What would break the header is refused before it gets there, and not shown."""
    file = tmp_path / "token"
    file.write_text(data, encoding="utf-8")
    with pytest.raises(TokenFileUnusable) as caught:
        read_token_file(file)
    assert "s3cr3t" not in str(caught.value)
