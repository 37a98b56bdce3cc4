"""Tokens that stand in files of their own, as systemd or Kubernetes hand them over."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from pydantic import SecretStr

from syncd.config.values import token_fault
from syncd.language import _
from syncd.model.errors import TokenFileUnusable

_LARGEST = 64 * 1024


def read_secret_file(path: Path) -> SecretStr:
    """The file's text without its last line end.

    Raises:
        TokenFileUnusable: the file cannot be read, is empty, or is no text; its content is never told.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(_LARGEST + 1)
    except FileNotFoundError:
        raise _error(path, _("there is no such file")) from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or _("the path cannot be used")
        raise _error(
            path, _("cannot be read by {user}: {reason}").format(user=_user(), reason=reason)
        ) from None
    if len(data) > _LARGEST:
        raise _error(path, _("is too large for a secret"))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _error(path, _("is not UTF-8 text")) from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise _error(path, _("is empty"))
    if "\0" in text:
        raise _error(path, _("holds a NUL character"))
    return SecretStr(text)


def read_token_file(path: Path) -> SecretStr:
    """The token in the file.

    Raises:
        TokenFileUnusable: as `read_secret_file`, or the text cannot be sent as a token.
    """
    secret = read_secret_file(path)
    fault = token_fault(secret.get_secret_value())
    if fault:
        raise _error(path, _("the token {fault}").format(fault=fault))
    return secret


def _user() -> str:
    """Name the user that has to be able to read the file."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # containers run as users without a name
        return _("the user {id}").format(id=os.geteuid())


def _error(path: Path, message: str) -> TokenFileUnusable:
    return TokenFileUnusable(_("token_file {path}: {message}").format(path=path, message=message))
