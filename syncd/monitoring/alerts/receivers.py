"""Receivers of alerts: services that Apprise knows, and a command. The only home of Apprise."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import get_ident
from typing import Any, Protocol
from warnings import catch_warnings, simplefilter

from syncd.model.errors import AlertsUnusable
from syncd.model.settings import AlertSettings
from syncd.monitoring.alerts.messages import Message
from syncd.monitoring.telemetry import redact, register_secret

COMMAND_SECONDS = 30
"""How long the command may take before it is killed."""


class Receiver(Protocol):
    """Somebody who is told."""

    @property
    def name(self) -> str:
        """Which one it is, without anything secret."""
        ...

    def send(self, message: Message) -> str:
        """Hand the message over; gives why that failed, "" when it was taken."""
        ...


class CommandReceiver:
    """A program of the user's, which reads the message as JSON from its standard input."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self.name = f"command {self._command[0]}"

    def send(self, message: Message) -> str:
        """Run the program; anything but exit code 0 is a failure."""
        try:
            done = subprocess.run(  # noqa: S603 — the program is the configuration's own, and no shell reads it
                self._command,
                input=message.to_json(),
                text=True,
                encoding="utf-8",
                errors="replace",
                capture_output=True,
                timeout=COMMAND_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"did not end within {COMMAND_SECONDS} s"
        except OSError as error:
            return error.strerror or type(error).__name__
        if done.returncode == 0:
            return ""
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        return redact(f"ended with {done.returncode}" + (f": {said[-1][:200]}" if said else ""))


class AppriseReceiver:
    """One URL of Apprise's: mailto://, tgram://, json:// and a hundred others."""

    def __init__(self, url: str) -> None:
        """Read the URL. Raises AlertsUnusable, which quotes nothing of it but its scheme."""
        register_secret(url)
        apprise = _apprise()
        with _words() as said:
            self._plugin: Any = apprise.Apprise.instantiate(url)
        if self._plugin is None:
            scheme = url.split(":", 1)[0] if ":" in url else "it"
            why = f": {redact(said[-1])}" if said and url not in said[-1] else ""
            raise AlertsUnusable(
                f"alerts: an address that begins with {scheme!r} is none that Apprise reads{why}"
            )
        self.name = redact(str(self._plugin.url(privacy=True)).split("?", 1)[0])

    def send(self, message: Message) -> str:
        """Hand it to the service and wait for its answer."""
        apprise = _apprise()
        kind = apprise.NotifyType.SUCCESS if message.is_good_news else apprise.NotifyType.WARNING
        with _words() as said:
            is_taken = self._plugin.notify(title=message.title, body=message.body, notify_type=kind)
        if is_taken:
            return ""
        return redact(said[-1]) if said else "it was not taken; Apprise does not say why"


class UrlsFileReceiver:
    """The addresses of `alerts.urls_file`, one a line, read at each message."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.name = f"the addresses in {file}"

    def send(self, message: Message) -> str:
        """Hand it to every address of the file; gives why it failed at those where it did."""
        try:
            lines = self._file.read_text(encoding="utf-8").splitlines()
            receivers = [
                AppriseReceiver(line.strip()) for line in lines if line.strip() and line.strip()[0] != "#"
            ]
        except (OSError, UnicodeDecodeError) as error:
            return f"cannot read {self._file}: {getattr(error, 'strerror', None) or 'it is no UTF-8'}"
        except AlertsUnusable as error:
            return str(error)
        answers = [(receiver.name, receiver.send(message)) for receiver in receivers]
        return "; ".join(f"{name}: {why}" for name, why in answers if why)


def open_receivers(settings: AlertSettings) -> list[Receiver]:
    """Everybody who is told. Raises AlertsUnusable for an address that cannot be read."""
    found: list[Receiver] = [AppriseReceiver(url.get_secret_value()) for url in settings.urls]
    if settings.urls_file is not None:
        _apprise()  # without it no message ever goes, which is better known now
        found.append(UrlsFileReceiver(settings.urls_file))
    if settings.command:
        found.append(CommandReceiver(settings.command))
    return found


def _apprise() -> Any:
    try:
        with catch_warnings():
            simplefilter("ignore")  # what its libraries say of one another concerns nobody here
            import apprise  # noqa: PLC0415 — an extra, and a fifth of a second

            apprise.Apprise.instantiate("json://localhost")  # loads everything else it has
    except ImportError:
        raise AlertsUnusable("alerts.urls needs the package apprise, which is not installed") from None
    return apprise


@contextmanager
def _words() -> Iterator[list[str]]:
    """The warnings that Apprise logs meanwhile, in which it says why it failed; they go nowhere else."""
    said: list[str] = []
    listening = get_ident()

    class _WarningCollector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == listening:
                said.append(record.getMessage())

    logger, listener = logging.getLogger("apprise"), _WarningCollector(logging.WARNING)
    logger.propagate = False
    logger.addHandler(listener)
    try:
        yield said
    finally:
        logger.removeHandler(listener)
