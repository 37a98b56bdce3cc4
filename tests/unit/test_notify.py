"""What the service manager is told, through a real socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncd.service.systemd import SystemdWatchdog, notify, reloading


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A socket as systemd's, which watches this process with a limit of 20 s."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(0)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "20000000")
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
        yield listener


def told(manager: socket.socket) -> list[str]:
    """What has come since the last look."""
    messages = []
    while True:
        try:
            messages.append(manager.recv(4096).decode())
        except BlockingIOError:
            return messages


def test_messages_arrive(manager: socket.socket) -> None:
    """As they are; a reload says when it began."""
    notify("READY=1")
    notify(reloading())
    ready, reload = told(manager)
    assert ready == "READY=1"
    assert reload.startswith("RELOADING=1\nMONOTONIC_USEC=")


def test_abstract_sockets_are_spoken_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that begins with @ is one that no file has."""
    name = f"syncd-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name}")
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        notify("STOPPING=1")
        assert listener.recv(100) == b"STOPPING=1"


def test_without_a_manager_nothing_happens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """None is there, or it has gone: no error."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    notify("READY=1")


def test_the_watchdog_is_fed_only_while_both_go_on(manager: socket.socket) -> None:
    """Often enough, not at each turn; not when the bookkeeper stands still; again when it goes on."""
    now = bookkeeper = 100.0
    watchdog = SystemdWatchdog(lambda: bookkeeper, lambda: now)
    watchdog.turned(lambda: "well")
    watchdog.turned(lambda: pytest.fail("asked again at once"))
    assert told(manager) == ["WATCHDOG=1\nSTATUS=well"]
    now = 101.0
    watchdog.turned(lambda: "well")
    assert told(manager) == []
    now = 102.0
    watchdog.turned(lambda: "better")
    assert told(manager) == ["WATCHDOG=1\nSTATUS=better"]
    now = bookkeeper = 105.0
    watchdog.turned(lambda: "better")
    assert told(manager) == ["WATCHDOG=1\nSTATUS=better"]
    now = 116.0
    watchdog.turned(lambda: "worse")
    assert told(manager) == []
    bookkeeper = 116.0
    watchdog.turned(lambda: "worse")
    assert told(manager) == ["WATCHDOG=1\nSTATUS=worse"]


def test_another_process_is_watched(manager: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then only what is news is told."""
    monkeypatch.setenv("WATCHDOG_PID", "1")
    now = 0.0
    watchdog = SystemdWatchdog(lambda: 0.0, lambda: now)
    watchdog.turned(lambda: "well")
    now = 1e6
    watchdog.turned(lambda: "well")
    assert told(manager) == ["WATCHDOG=1\nSTATUS=well"]
