"""Every variable is declared once: the settings read what is declared, and no message shows a secret."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.cli.base.output import Format
from mixpanel_data.configuration.environment.readers import SecretName
from mixpanel_data.configuration.environment.variable import ReadBy, SecretSource, SecretVariable, Variable
from mixpanel_data.configuration.environment.variables import (
    BIGQUERY_DATASET,
    BIGQUERY_TABLE,
    MP_FORMAT,
    SECRETS,
    VARIABLES,
)
from mixpanel_data.configuration.settings import Settings

LIBRARY = Path(__file__).parents[2] / "shared"
OF_ANOTHER_PROGRAM = {ReadBy.ANALYST, ReadBy.COMMAND_LINE, ReadBy.DEPLOYMENT}


class Asked(dict[str, str]):
    """An empty environment that keeps the names that were looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.append(name)
        return default


def names(variables: Sequence[Variable[Any]]) -> list[str]:
    return [variable.name for variable in variables]


def test_the_settings_look_up_every_declared_variable_and_no_other() -> None:
    asked = Asked()
    Settings.from_env(asked)
    declared = [variable for variable in VARIABLES if variable.read_by not in OF_ANOTHER_PROGRAM]
    assert {*asked.names} == {*names(declared)}


def test_a_variable_is_declared_once() -> None:
    assert len({*names(VARIABLES)}) == len(VARIABLES)


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_a_default_means_the_same_as_leaving_the_variable_out(variable: Variable[Any]) -> None:
    assert variable.read({variable.name: variable.default}) == variable.read({})


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_a_meaning_is_made_of_whole_sentences(variable: Variable[Any]) -> None:
    assert variable.meaning[0] in f"`{variable.meaning[0].upper()}"
    assert variable.meaning.endswith(".")
    assert "|" not in variable.meaning


def test_the_formats_of_the_command_line_are_those_of_its_variable() -> None:
    for format_ in Format:
        assert MP_FORMAT.read({"MP_FORMAT": format_}) == format_
    with pytest.raises(ConfigError, match=rf"Give one of {', '.join(Format)}\."):
        MP_FORMAT.read({"MP_FORMAT": "xml"})


def test_the_declarations_need_nothing_but_python() -> None:
    """deploy.sh reads them on machines where nothing is installed: `-S` leaves out every installed package."""
    code = (
        "from mixpanel_data.configuration.settings import Settings\n"
        "from mixpanel_data.configuration.environment.variables import VARIABLES\n"
        "print(len(VARIABLES), Settings.from_env({}).bigquery_dataset)"
    )
    command = [sys.executable, "-S", "-B", "-c", code]
    done = subprocess.run(command, env={"PYTHONPATH": str(LIBRARY)}, capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == ([str(len(VARIABLES)), "mixpanel_data"], "")


# Secrets.

SHAPES = [
    "xoxb-1111111111-2222222222-AbCdEfGhIjKl",
    "0123456789abcdef0123456789abcdef",
    "https://hooks.example/x",
    "a b",
]


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret.name)
@pytest.mark.parametrize("value", SHAPES)
def test_a_secret_in_place_of_its_name_is_refused_and_not_shown(secret: SecretVariable, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        secret.read({f"{secret.name}_NAME": value})
    message = str(caught.value)
    assert message.startswith(f"{secret.name}_NAME is not a valid secret name")
    assert message.endswith(f"Give a name such as {secret.name.lower().replace('_', '-')}.")
    assert value not in message


@pytest.mark.parametrize("secret", SECRETS, ids=lambda secret: secret.name)
def test_a_secret_is_itself_or_named(secret: SecretVariable) -> None:
    source = secret.read({secret.name: "geheim", f"{secret.name}_NAME": "projects/acme/secrets/one/versions/3"})
    assert source.value is not None
    assert source.value.reveal() == "geheim"
    assert source.secret_name == "projects/acme/secrets/one/versions/3"
    assert "geheim" not in f"{source}"
    assert secret.read({}) == SecretSource(None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("slack-bot-token", SecretName("slack-bot-token", None, None)),
        ("slack-bot-token/versions/3", SecretName("slack-bot-token", None, "3")),
        ("projects/example.com:acme/secrets/a_1", SecretName("a_1", "example.com:acme", None)),
        ("projects/123/secrets/a/versions/latest", SecretName("a", "123", "latest")),
    ],
)
def test_a_secret_can_be_named_with_its_project_and_its_version(text: str, expected: SecretName) -> None:
    assert SecretName.parse(text) == expected


# Names that both engines have to take.


@pytest.mark.parametrize("variable", [BIGQUERY_DATASET, BIGQUERY_TABLE], ids=lambda variable: variable.name)
def test_a_reserved_word_is_refused_as_a_name(variable: Variable[str]) -> None:
    with pytest.raises(ConfigError, match=rf"^{variable.name} is 'Order'\. That is a reserved word in SQL"):
        variable.read({variable.name: "Order"})
