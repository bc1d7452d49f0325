"""The identity configuration comes from the environment, or else from its file."""

from pathlib import Path

import pytest

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.wiring.files import identity_config

IDENTITY = '{"sources": [{"name": "site", "table": "t", "ids": [{"kind": "user", "column": "c"}]}]}'


def names(**env: str) -> list[str]:
    return [source.name for source in identity_config(Settings.from_env(env)).sources]


def test_the_sources_stand_in_a_file_of_their_own_or_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"config/identity\.json does not exist.*IDENTITY_CONFIG"):
        names()
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "identity.json").write_text(IDENTITY)
    assert names() == ["site"]
    assert names(IDENTITY_CONFIG=IDENTITY.replace("site", "other")) == ["other"]


def test_a_mistake_in_the_text_names_the_variable() -> None:
    with pytest.raises(ConfigError, match=r"^IDENTITY_CONFIG: sources is missing"):
        names(IDENTITY_CONFIG="{}")
