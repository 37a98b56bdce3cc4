"""What the environment says of proxies and certificates, and is wrong: each fault is named for what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncd.model.errors import NotReceived
from tests.support.centre import COUNTER, metrica_client


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("REQUESTS_CA_BUNDLE", "/is/not/there.pem", "names a file that is not there"),
        ("ALL_PROXY", "socks5://127.0.0.1:9", "SOCKS"),
        ("ALL_PROXY", "http://", "proxy whose URL"),
        ("HTTPS_PROXY", "http://127.0.0.1:9", "no connection to the proxy"),
    ],
)
def test_the_fault_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str) -> None:
    """Nothing was sent, and neither the disk nor api_url is blamed."""
    for other in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "ALL_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(other, raising=False)
        monkeypatch.delenv(other.lower(), raising=False)
    monkeypatch.setenv(name, value)
    client = metrica_client("https://api.invalid")
    with pytest.raises(NotReceived, match=words):
        client.counter(COUNTER)
    client.close()


def test_a_bundle_without_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is no PEM."""
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("hello", encoding="utf-8")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    client = metrica_client("https://127.0.0.1:9")
    with pytest.raises(NotReceived):
        client.counter(COUNTER)
    client.close()
