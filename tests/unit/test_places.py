"""What tells one destination from another, and what does not."""

from __future__ import annotations

import pytest

from syncd.model.places import Place, address_of


@pytest.mark.parametrize(
    ("one", "other", "moved"),
    [
        ("https://api-metrika.yandex.net", "https://api-metrika.yandex.net/", False),
        ("http://api-metrika.yandex.net", "https://API-Metrica.yandex.ru:443/", False),
        ("https://api-metrica.yandex.com.tr", "https://api-metrika.yandex.net", False),
        ("http://127.0.0.1:8080", "http://localhost:8080/", False),
        ("http://[::1]:8080", "http://localhost:8080", False),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8081", True),
        ("http://127.0.0.1:8080", "https://api-metrika.yandex.net", True),
        ("https://proxy.example/metrica", "https://proxy.example/other", True),
        ("https://metrika.yandex.net", "https://api-metrika.yandex.net", True),
    ],
)
def test_real_moves_alone_count(one: str, other: str, moved: bool) -> None:  # noqa: FBT001 — a parameter of pytest's
    """Spellings of one address are one place; another host, port or path is another."""
    assert Place(address_of(one), 1).differs(Place(address_of(other), 1)) is moved


def test_an_address_that_nobody_knows_is_no_move() -> None:
    """Stores from before 0.2.0 know the counter alone."""
    assert not Place("", 1).differs(Place("localhost:8080", 1))
    assert Place("", 1).differs(Place("", 2))
