"""Access rights: the Authorization header against tokens and counters. Pure."""

from __future__ import annotations

from syncd.emulator.replies import Refusal
from syncd.emulator.settings import EmulatorSettings


def token_of(header: str | None, settings: EmulatorSettings) -> str:
    """The token of an Authorization header.

    Raises:
        Refusal: 401 for a missing or malformed header, 403 (or 401) for a token that is not valid.
    """
    scheme, _, token = (header or "").partition(" ")
    token = token.strip()
    known = scheme == "OAuth" or (scheme == "Bearer" and settings.bearer == "accepted")
    if not known or not token:
        raise Refusal(401, "unauthorized", "Unauthorized user")
    if token in settings.expired_tokens:
        kind = "unauthorized" if settings.expired_token == 401 else "invalid_token"  # noqa: PLR2004 - HTTP's own
        raise Refusal(settings.expired_token, kind, "Invalid oauth_token")
    if settings.tokens is not None and token not in settings.tokens:
        raise Refusal(403, "invalid_token", "Invalid oauth_token")
    return token


def check_counter(token: str, counter: int, *, writes: bool, settings: EmulatorSettings) -> None:
    """May this token use this counter?

    Raises:
        Refusal: 404 for a counter that does not exist, 403 for one the token may not use that way.
    """
    if settings.counters is not None and counter not in settings.counters:
        raise Refusal(404, "not_found", "Entity not found")
    allowed = settings.tokens[token] if settings.tokens is not None else None
    if allowed is not None and counter not in allowed:
        raise Refusal(403, "access_denied", "Access is denied")
    if writes and settings.permission == "view":
        raise Refusal(403, "access_denied", "Access is denied")
