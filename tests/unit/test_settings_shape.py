"""What a valid configuration is: frozen, without unknown fields, with secrets that no text shows."""

from __future__ import annotations

import pytest
from pydantic import SecretStr, ValidationError

from syncd.model.settings import Constant, HttpSettings, LogSettings, MetricaSettings, Settings, StateSettings
from tests.support.mapping import a_query

TOKEN = "y0_never-shown"
PASSWORD = "correct-horse"


def whole() -> Settings:
    """A configuration with a secret in each place that can hold one."""
    query = a_query()
    database = query.database.model_copy(update={"url": SecretStr(f"postgresql://u:{PASSWORD}@h/d")})
    query = query.model_copy(update={"database": database, "token": SecretStr(TOKEN)})
    return Settings(
        file="config.yaml",
        metrica=MetricaSettings(token=SecretStr(TOKEN)),
        databases={"crm": database},
        state=StateSettings(url=SecretStr(f"postgresql://u:{PASSWORD}@h/state")),
        http=HttpSettings(),
        log=LogSettings(),
        queries={"paid": query},
    )


def test_no_text_shows_a_secret() -> None:
    """Neither repr, str, the dumped dict, JSON nor a copy's."""
    settings = whole()
    texts = [repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()]
    texts += [repr(settings.queries["paid"]), repr(settings.databases), repr(settings.state)]
    for text in texts:
        assert TOKEN not in text
        assert PASSWORD not in text


def test_a_wrong_value_is_not_quoted() -> None:
    """An error of validation does not repeat what it was given."""
    with pytest.raises(ValidationError) as caught:
        MetricaSettings.model_validate({"token": [TOKEN], "timeout": TOKEN, TOKEN[3:]: TOKEN})
    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(caught.value)


def test_settings_do_not_change() -> None:
    """Nothing can be set after it was read."""
    with pytest.raises(ValidationError, match="frozen"):
        whole().metrica.api_url = "http://elsewhere"  # type: ignore[misc]  # frozen: what is tested


def test_unknown_fields_are_refused() -> None:
    """A slip of the pen does not become a setting without effect."""
    with pytest.raises(ValidationError, match="extra"):
        LogSettings.model_validate({"levle": "info"})


@pytest.mark.parametrize("value", ["text", 7, 1.5, None])
def test_constants_keep_their_type(value: object) -> None:
    """A number stays a number, a text that looks like one stays a text."""
    constant = Constant.model_validate({"value": value})
    assert constant.value == value
    assert type(constant.value) is type(value)
    assert type(Constant(value="7").value) is str
