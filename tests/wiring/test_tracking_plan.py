"""The tracking plan comes from the environment, or else from its file, or there is none; redaction needs no file."""

from pathlib import Path

import pytest

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.redaction import REDACTED
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.wiring.files import tracking_plan
from mixpanel_data.wiring.lexicon import lexicon
from mixpanel_data.wiring.redaction import redactor

PLAN = '{"events": {"Purchase": {}}}'
HIDING = '{"events": [{"name": "*"}], "redact": {"patterns": ["gold"]}}'


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a folder with an empty `config/`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()


def names(**env: str) -> list[str] | None:
    plan = tracking_plan(Settings.from_env(env))
    return None if plan is None else [*plan.events]


def test_the_plan_stands_in_a_file_of_its_own_or_in_the_environment() -> None:
    assert names() is None
    assert names(TRACKING_PLAN=PLAN) == ["Purchase"]
    Path("config/tracking_plan.json").write_text(PLAN.replace("Purchase", "Signup"), encoding="utf-8")
    assert names() == ["Signup"]
    assert names(TRACKING_PLAN=PLAN) == ["Purchase"]


def test_a_mistake_names_the_variable_or_the_file() -> None:
    with pytest.raises(ConfigError, match=r"^TRACKING_PLAN: events is 1"):
        names(TRACKING_PLAN='{"events": 1}')
    with pytest.raises(ConfigError, match=r"^TRACKING_PLAN is not valid JSON"):
        names(TRACKING_PLAN="plan.json")
    Path("config/tracking_plan.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^config/tracking_plan\.json: "):
        names()


def test_a_file_that_cannot_be_read_is_an_error() -> None:
    Path("config/tracking_plan.json").mkdir()
    with pytest.raises(ConfigError, match="TRACKING_PLAN"):
        names()


def shown(text: str, **env: str) -> str:
    return redactor(Settings.from_env(env)).text(text)


def test_an_events_configuration_hides_more_and_none_is_needed() -> None:
    assert shown("gold of ann@example.com") == f"gold of {REDACTED}"
    assert shown("gold of ann@example.com", EVENTS_CONFIG=HIDING) == f"{REDACTED} of {REDACTED}"
    Path("config/events_config.json").write_text(HIDING, encoding="utf-8")
    assert shown("gold") == REDACTED
    with pytest.raises(ConfigError, match="EVENTS_CONFIG"):
        shown("gold", EVENTS_CONFIG="{}")


def test_the_lexicon_needs_a_service_account() -> None:
    with pytest.raises(ConfigError, match="accepts only a service account"):
        lexicon(Settings.from_env({"MIXPANEL_API_SECRET": "x" * 32}))
    account = {"MIXPANEL_SERVICE_ACCOUNT": "robot", "MIXPANEL_SERVICE_ACCOUNT_SECRET": "s", "MIXPANEL_PROJECT_ID": "1"}
    lexicon(Settings.from_env(account)).close()
