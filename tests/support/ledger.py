"""What tests of the ledger share."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from syncd.ledger import Store
from syncd.model.keys import key_text
from syncd.model.settings import StateSettings
from tests.support.fix_ledger import NOW

LATER = NOW + timedelta(seconds=5)


def key(name: str) -> str:
    """The key of the row of that name."""
    return key_text([name])


def put_empty_store(file: Path) -> None:
    """Where there is no file, a store in which nothing has happened, as `migrate` makes it."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_bytes(_empty_store())


@cache
def _empty_store() -> bytes:
    """Its bytes, made once: a store takes ten times as long to make as to copy."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "state.db")
        store = Store.open(StateSettings(url=SecretStr(f"sqlite:///{file}")))
        store.migrate()
        store.close()
        return file.read_bytes()
