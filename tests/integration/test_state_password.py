"""`state.password_file`: the password of a PostgreSQL store, read at each new connection."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from syncd.ledger import Store
from syncd.model.errors import StateUnavailable
from syncd.model.settings import StateSettings
from tests.support.servers import Database

RIGHT = "correct-horse"


def test_the_password_comes_from_the_file(postgres: Database, tmp_path: Path) -> None:
    """A missing file and a wrong password are told; the right one is taken as soon as it is there."""
    file = tmp_path / "password"
    url = SecretStr(postgres.reader_url.replace(f":{RIGHT}", ""))
    store = Store.open(StateSettings(url=url, password_file=file))
    try:
        with pytest.raises(StateUnavailable, match=r"state\.password_file .*No such file"):
            store.is_new()
        file.write_text("wrong-horse\n", encoding="utf-8")
        with pytest.raises(StateUnavailable, match="authentication failed") as caught:
            store.is_new()
        assert "wrong-horse" not in str(caught.value)
        file.write_text(f"{RIGHT}\n", encoding="utf-8")
        assert store.is_new()
        with pytest.raises(StateUnavailable) as shown, store.database.read() as connection:
            connection.execute(text(f"SELECT 1 AS {RIGHT!r}"))
        assert RIGHT not in str(shown.value)
    finally:
        store.close()
