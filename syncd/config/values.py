"""One value of the file each: what is taken, and in plain words what is wanted instead.

Every function takes what the YAML says (environment put in) and returns the value, or raises Wrong, which
`check` turns into a Problem with its line. Pure.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import SecretStr

from syncd.config.words import Substituted, Wrong, but_got, nearest, shown_name
from syncd.config.zones import nearest_zone
from syncd.language import N_, _

_DURATION = re.compile(r"([0-9]{1,9})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST = 3650 * 86400
_DIGITS = re.compile(r"[0-9]{1,19}")
_NAME = re.compile(r"[a-z0-9_-]{1,64}")
_SCHEMA = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_HOST_PORT = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<host>[A-Za-z0-9._-]+)):(?P<port>[0-9]{1,5})")
_HIGHEST_PORT = 65535
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,252})")
_LONGEST_CHANNEL = 63
_FEW = 100_000_000
"""Above it, a highest number is a limit of ours that nobody comes near, and need not be told."""
_DURATION_WORDS = N_("such as 30s, 5m, 12h, 21d")


def duration(
    value: object, *, zero: bool = False, low: timedelta | None = None, high: timedelta | None = None
) -> timedelta:
    """Read `30s`, `5m`, `12h`, `21d`; 0 only where `zero` says so."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise Wrong(
            _("wants a duration {such}{got}").format(such=_(_DURATION_WORDS), got=but_got(value)),
            _unit_hint(value),
        )
    length = int(found[1]) * _UNITS[found[2]]
    if length > _LONGEST:
        raise Wrong(_("wants a duration of at most ten years (3650d)"))
    if not length and not zero:
        raise Wrong(_("wants a duration longer than nothing"))
    span = length * timedelta(seconds=1)
    if low is not None and span < low:
        raise Wrong(_("wants {span} or more").format(span=duration_text(low)))
    if high is not None and span > high:
        raise Wrong(_("wants {span} or less").format(span=duration_text(high)))
    return span


def duration_text(span: timedelta) -> str:
    """A duration as the file writes it, in the largest unit of which there are two or more: `60s`, `24h`."""
    seconds = int(span.total_seconds())
    unit = next((u for u in "dhm" if seconds % _UNITS[u] == 0 and seconds >= 2 * _UNITS[u]), "s")
    return f"{seconds // _UNITS[unit]}{unit}"


def _unit_hint(value: object) -> str:
    """Guess what was meant by `5`, `5 minutes` or `5min`."""
    if isinstance(value, bool | Substituted):
        return ""
    if isinstance(value, int):
        return _("with its unit: {value}s or {value}m").format(value=value) if 0 <= value < 1_000_000 else ""  # noqa: PLR2004 - a hint only
    found = (
        re.fullmatch(r"\s*([0-9]{1,6})\s*([smhd])[a-z]*\s*", value.lower())
        if isinstance(value, str)
        else None
    )
    return _("did you mean {value}?").format(value=f"{found[1]}{found[2]}") if found else ""


def overlap(value: object) -> timedelta | str:
    """`auto`, or a duration (0s allowed)."""
    if value == "auto":
        return "auto"
    if isinstance(value, str) and _DURATION.fullmatch(value):
        return duration(value, zero=True)
    hint = _unit_hint(value) or (nearest(value, ["auto"], every=False) if isinstance(value, str) else "")
    raise Wrong(
        _("wants auto or a duration {such}{got}").format(such=_(_DURATION_WORDS), got=but_got(value)),
        hint,
    )


def whole(value: object, *, low: int, high: int) -> int:
    """A whole number from `low` to `high`, written as a number or as digits."""
    wants = _("wants a whole number from {low} on")
    if high <= _FEW:
        wants = _("wants a whole number from {low} to {high}")
    wants = wants.format(low=low, high=high)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        number = int(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        plain = (
            re.sub(r"[\s_,']", "", value)
            if isinstance(value, str) and not isinstance(value, Substituted)
            else ""
        )
        raise Wrong(
            wants + but_got(value),
            _("did you mean {plain}?").format(plain=plain) if _DIGITS.fullmatch(plain) else "",
        )
    if not low <= number <= high:
        raise Wrong(wants + but_got(value))
    return number


def boolean(value: object) -> bool:
    """Either true or false; as text only where the environment put it there."""
    if isinstance(value, bool):
        return value
    word = value.lower() if isinstance(value, str) else ""
    if isinstance(value, Substituted) and word in {"true", "false"}:
        return word == "true"
    hints = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
    hint = _("did you mean {hints}, without quotes?").format(hints=hints[word]) if word in hints else ""
    raise Wrong(_("wants true or false{got}").format(got=but_got(value)), hint)


def choice(value: object, *, among: tuple[str, ...]) -> str:
    """One word of a closed list."""
    if isinstance(value, str) and value in among:
        return str(value)
    hint = nearest(value, among, every=False) if isinstance(value, str) else ""
    raise Wrong(
        _("wants {words}{got}").format(
            words=_(" or ").join([", ".join(among[:-1]), among[-1]]), got=but_got(value)
        ),
        hint,
    )


def text(value: object) -> str:
    """Text that is not blank."""
    if not isinstance(value, str):
        quotes = isinstance(value, int | float)
        raise Wrong(_("wants text{got}").format(got=but_got(value)), _("put it in quotes") if quotes else "")
    if not value.strip():
        raise Wrong(_("is empty"))
    return str(value)


def names(value: object) -> tuple[str, ...]:
    """A list of names without repeats; one name may stand alone."""
    items = value if isinstance(value, list) else [value]
    if not items:
        raise Wrong(_("wants at least one name, not an empty list"))
    for item in items:
        if not isinstance(item, str) or not item.strip():
            raise Wrong(_("wants a name or a list of names{got}").format(got=but_got(item)))
    _refuse_repeats(items)
    return tuple(str(item) for item in items)


def choices(value: object, *, among: tuple[str, ...]) -> tuple[str, ...]:
    """A list, without repeats, of words of a closed list; one may stand alone."""
    items = value if isinstance(value, list) else [value]
    if not items:
        raise Wrong(_("wants at least one of {among}, not an empty list").format(among=", ".join(among)))
    for item in items:
        choice(item, among=among)
    _refuse_repeats(items)
    return tuple(str(item) for item in items)


def _refuse_repeats(items: list[object]) -> None:
    if len(set(items)) < len(items):
        repeated = [item for item, times in Counter(items).items() if times > 1]
        shown = "" if isinstance(repeated[0], Substituted) else f" {shown_name(str(repeated[0]))}"
        raise Wrong(_("names{shown} twice").format(shown=shown))


def name(value: object) -> str:
    """The name of a query or a database: a metric's label, a key of the state store, a word of a command."""
    if isinstance(value, str) and _NAME.fullmatch(value):
        return value
    likely = re.sub(r"[^a-z0-9_-]+", "_", value.lower()).strip("_")[:64] if isinstance(value, str) else ""
    hint = _("did you mean {likely}?").format(likely=likely) if likely else ""
    raise Wrong(_("a name consists of 1 to 64 characters out of a-z, 0-9, _ and -"), hint)


def zone(value: object) -> ZoneInfo:
    """A time zone by its IANA name."""
    if not isinstance(value, str) or not value:
        raise Wrong(_("wants a time zone such as Europe/Moscow{got}").format(got=but_got(value)))
    try:
        return ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = "" if isinstance(value, Substituted) else nearest_zone(value)
        raise Wrong(
            _("wants a time zone such as Europe/Moscow{got}").format(got=but_got(value)), hint
        ) from None


def start(value: object) -> str | int | float | timedelta:
    """Where a query begins: `beginning`, `now`, a duration before the first run, or the mark's value."""
    wants = _("wants beginning, now, a duration, or a value for the mark's first column")
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        raise Wrong(wants + but_got(value))
    if not isinstance(value, str):
        return value
    if value in {"beginning", "now"}:
        return str(value)
    if _DURATION.fullmatch(value):
        return duration(value)
    if value.strip().lower() == "now" or nearest(value, ["beginning"], every=False):
        meant = "now" if value.strip().lower() == "now" else "beginning"
        raise Wrong(wants + but_got(value), _("did you mean {meant}?").format(meant=meant))
    return str(value)


def channel(value: object) -> str:
    """The name of a channel of LISTEN and NOTIFY, which PostgreSQL cuts off after 63 bytes."""
    name = text(value)
    if len(name.encode()) > _LONGEST_CHANNEL or not name.isprintable():
        raise Wrong(
            _("wants a channel's name of at most {most} bytes{got}").format(
                most=_LONGEST_CHANNEL, got=but_got(value)
            )
        )
    return name


def hosts(value: object) -> tuple[str, ...]:
    """Host names or addresses, without port."""
    found = names(value)
    for host in found:
        if not _HOST.fullmatch(host) and not _is_six(host):
            shown = but_got(
                next(one for one in (value if isinstance(value, list) else [value]) if one == host)
            )
            hint = _("without the port") if re.search(r":[0-9]+$", host) else ""
            raise Wrong(_("wants host names such as syncd.example.org{shown}").format(shown=shown), hint)
    return tuple(host.lower() for host in found)


def command(value: object) -> tuple[str, ...]:
    """A program and its arguments, each an item of a list; no shell reads them."""
    items = value if isinstance(value, list) else []
    if (
        not items
        or not all(isinstance(item, str) and "\0" not in item for item in items)
        or not items[0].strip()
    ):
        hint = _("numbers stand in quotes") if items else "[/usr/local/bin/tell, --channel, sales]"
        raise Wrong(_("wants a list: the program, then its arguments"), hint)
    return tuple(str(item) for item in items)


def token(value: object) -> SecretStr:
    """An OAuth token, fit for an HTTP header. Never shown."""
    if not isinstance(value, str):
        hint = _("put it in quotes") if isinstance(value, int | float) else _without_dollar(value)
        raise Wrong(_("wants text, such as ${METRICA_TOKEN}"), hint)
    fault = token_fault(value)
    if fault:
        raise Wrong(_("the token {fault}").format(fault=fault))
    return SecretStr(str(value))


def _without_dollar(value: object) -> str:
    """What to write where `{NAME}` was meant to be `${NAME}`."""
    is_name = isinstance(value, dict) and len(value) == 1 and next(iter(value.values())) is None
    return _("a `$` stands before the `{`") if is_name else _("put it in quotes")


def token_fault(value: str) -> str:
    """Why this cannot be sent as a token, in words that do not hold it; "" when it can."""
    if not value.strip():
        return _("is empty")
    if value.lower().startswith(("oauth ", "bearer ")):
        return _("is wanted alone, without the word before it")
    if any(char.isspace() for char in value):
        return _("holds spaces or line breaks")
    if not (value.isascii() and value.isprintable()):
        return _("holds characters that no token has")
    return ""


def path(value: object) -> Path:
    """A path; whether something is there is known only when it is read."""
    if not isinstance(value, str) or not value.strip():
        raise Wrong(_("wants the path of a file{got}").format(got=but_got(value)))
    return Path(str(value))


def schema(value: object) -> str:
    """The name of a PostgreSQL schema."""
    if isinstance(value, str) and _SCHEMA.fullmatch(value):
        return str(value)
    raise Wrong(_("wants a schema's name: letters, digits and _, at most 63{got}").format(got=but_got(value)))


def listen(value: object) -> tuple[str, int] | None:
    """`host:port`, an IPv6 host in brackets, port 0 for any free one; null turns it off."""
    if value is None:
        return None
    found = _HOST_PORT.fullmatch(value) if isinstance(value, str) else None
    if not found or int(found["port"]) > _HIGHEST_PORT or (found["six"] and not _is_six(found["six"])):
        raise Wrong(
            _("wants host:port, such as 127.0.0.1:9188, or null{got}").format(got=but_got(value)),
            _listen_hint(value),
        )
    return found["six"] or found["host"], int(found["port"])


def _is_six(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def _listen_hint(value: object) -> str:
    if isinstance(value, Substituted | bool):
        return ""
    if isinstance(value, int) and 0 <= value <= _HIGHEST_PORT:
        return _("did you mean 127.0.0.1:{value}?").format(value=value)
    if isinstance(value, str) and re.fullmatch(r":[0-9]{1,5}", value):
        return _("name an address before the port, such as 127.0.0.1")
    return _("an IPv6 address stands in brackets") if isinstance(value, str) and value.count(":") > 1 else ""
