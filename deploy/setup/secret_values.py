"""The secrets to bring to Secret Manager, given or asked for."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from deploy.given import Given
from deploy.setup.errors import SetupError
from deploy.setup.options import MIXPANEL_SECRET, SLACK_TOKEN, SLACK_WEBHOOK, Options
from deploy.setup.terminal import ask_secret

from mixpanel_data.configuration.environment.variable import secret_for


@dataclass(frozen=True, slots=True)
class SecretValues:
    """The secrets that the functions are bound to, by variable: a value to store, or None to keep what is stored."""

    values: Mapping[str, bytes | None] = field(repr=False)


def secret_values(options: Options, given: Given, is_stored: Callable[[str], bool]) -> SecretValues:
    """The Mixpanel secret and that of Slack, given or asked for. `is_stored`: whether Secret Manager has a variable's.

    Raises SetupError naming the variable that is missing.
    """
    values = dict(_of_mixpanel(options, given, is_stored))
    values.update(_of_slack(options, given, is_stored))
    return SecretValues(values)


def binds_elsewhere(given: Given, variable: str) -> bool:
    """Whether a variable is bound by hand, to a secret or a version of its own."""
    return given.variables.get(f"{variable}_NAME", secret_for(variable)) != secret_for(variable)


def _of_mixpanel(
    options: Options, given: Given, is_stored: Callable[[str], bool]
) -> Iterator[tuple[str, bytes | None]]:
    if not binds_elsewhere(given, MIXPANEL_SECRET):
        value = _given(options, given, MIXPANEL_SECRET)
        if value is None:
            question = "Secret of the Mixpanel service account"
            value = _typed(options, question, MIXPANEL_SECRET, is_stored(MIXPANEL_SECRET))
        yield MIXPANEL_SECRET, value


def _of_slack(options: Options, given: Given, is_stored: Callable[[str], bool]) -> Iterator[tuple[str, bytes | None]]:
    """A bot token or, in its place, a webhook."""
    if binds_elsewhere(given, SLACK_TOKEN) or binds_elsewhere(given, SLACK_WEBHOOK):
        return
    for variable in (SLACK_TOKEN, SLACK_WEBHOOK):
        value = _given(options, given, variable)
        if value is not None:
            yield variable, value
            return
    stored = next((each for each in (SLACK_TOKEN, SLACK_WEBHOOK) if is_stored(each)), None)
    value = _typed(options, "Slack bot token, or webhook URL", SLACK_TOKEN, stored is not None)
    if value is None:
        yield stored or SLACK_TOKEN, None
    else:
        yield SLACK_WEBHOOK if value.startswith(b"https://") else SLACK_TOKEN, value


def _given(options: Options, given: Given, variable: str) -> bytes | None:
    """A value from standard input, the environment or .env; as it is, with all white space, but from .env."""
    value = options.secrets.get(variable) or os.environ.get(variable) or given.variables.get(variable)
    return os.fsencode(value) if value and value.strip() else None


def _typed(options: Options, question: str, variable: str, is_kept: bool) -> bytes | None:
    """A value from the terminal; None to keep the one that is stored."""
    if options.can_ask:
        return os.fsencode(ask_secret(question, is_kept)) or None
    if is_kept or options.is_dry_run:
        return None
    raise SetupError(f"There is nobody to ask. Set {variable}, or give it with --secrets-stdin.")
