"""Settings that a function would refuse: otherwise they come to light only after a deployment of minutes."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from deploy.deployment import Deployment
from deploy.files import ROOT
from deploy.functions import Function
from deploy.given import Given
from deploy.locks import lock_of, unlocked

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.environment.variable import SecretVariable, secret_for
from mixpanel_data.configuration.environment.variables import (
    FUNCTION_MARGIN_SECONDS,
    MIXPANEL_API_SECRET,
    MIXPANEL_BASE_URL,
    MIXPANEL_PROJECT_ID,
    MIXPANEL_PROJECT_TOKEN,
    MIXPANEL_SERVICE_ACCOUNT,
    MIXPANEL_SERVICE_ACCOUNT_SECRET,
    POSTGRES_URL,
    SLACK_BASE_URL,
    SLACK_BOT_TOKEN,
    SLACK_WEBHOOK_URL,
    VARIABLES,
)
from mixpanel_data.configuration.settings import ConfigSource, Settings

_LOCAL = re.compile(r"//(localhost|127\.|\[::1\])")
# The targets that `sync` of config/user_metrics.json can name, and the secret that opens each.
_TARGETS = {"postgres": POSTGRES_URL, "mixpanel": MIXPANEL_PROJECT_TOKEN}


@dataclass(frozen=True, slots=True)
class Problem:
    """An `error` stops the deployment, a `note` does not."""

    kind: Literal["error", "note"]
    sentence: str


def problems(deployment: Deployment) -> Sequence[Problem]:
    """Every problem that can be seen without a call of Google Cloud, each once."""
    unreadable = [*_unreadable_variables(deployment.given)]
    found = [*unreadable, *_local_addresses(deployment.given), *_secrets(deployment)]
    for function in deployment.functions:
        found += _of_lock(function)
        found += _of_credentials(deployment.given, function)
        found += _of_schedules(deployment, function)
        if not unreadable:
            settings = Settings.from_env(deployment.environment(function))
            found += _of_deadline(function, settings)
            found += _of_configurations(deployment.given, function, settings)
    return [*dict.fromkeys(found)]


def _unreadable_variables(given: Given) -> Iterator[Problem]:
    """Values that the variables' own readers refuse."""
    for variable in VARIABLES:
        if variable.is_shipped and variable.name in given.variables:
            try:
                variable.read(given.variables)
            except ConfigError as error:
                yield Problem("error", str(error))


def _local_addresses(given: Given) -> Iterator[Problem]:
    for variable in (MIXPANEL_BASE_URL, SLACK_BASE_URL):
        if _LOCAL.search(given.variables.get(variable.name, "")):
            yield Problem(
                "error", f"{variable.name} points to this machine, which a deployed function cannot reach. Unset it."
            )


def _secrets(deployment: Deployment) -> Iterator[Problem]:
    for secret in dict.fromkeys(secret for function in deployment.functions for secret in function.secrets):
        if deployment.given.is_plain(secret):
            yield Problem(
                "note",
                f"{secret.name} is deployed as a plain variable. It is safer to keep it in Secret Manager and to set "
                f"{secret.reference.name} to its name.",
            )
        elif secret.name in deployment.given.variables:
            yield Problem(
                "note", f"Both {secret.name} and {secret.reference.name} are set. The latter takes precedence."
            )


def _of_credentials(given: Given, function: Function) -> Iterator[Problem]:
    secrets = {*function.secrets}
    if secrets & {MIXPANEL_SERVICE_ACCOUNT_SECRET, MIXPANEL_API_SECRET}:
        yield from _of_mixpanel(given, function)
    if secrets & {SLACK_BOT_TOKEN, SLACK_WEBHOOK_URL} and not (
        given.has(SLACK_BOT_TOKEN) or given.has(SLACK_WEBHOOK_URL)
    ):
        # The detector then still records the incidents that it finds.
        yield Problem(
            "note",
            f"{function.name} has no credentials for Slack and will post nothing. "
            f"{_export(SLACK_BOT_TOKEN, SLACK_WEBHOOK_URL)}",
        )


def _of_lock(function: Function) -> Iterator[Problem]:
    """A lock from which the function would be deployed without what it imports."""
    if missing := unlocked(function.name):
        yield Problem(
            "error", f"{lock_of(function.name).relative_to(ROOT)} does not have {', '.join(missing)}. Run make lock."
        )


def _of_mixpanel(given: Given, function: Function) -> Iterator[Problem]:
    """Credentials that keep the library from signing in; a service account comes before the API secret."""
    account, secret = MIXPANEL_SERVICE_ACCOUNT.name, MIXPANEL_SERVICE_ACCOUNT_SECRET
    if account in given.variables:
        if not given.has(secret):
            yield Problem("error", f"{account} is set, but its secret is not. {_export(secret)} Or unset {account}.")
        if MIXPANEL_PROJECT_ID.name not in given.variables:
            yield Problem(
                "error",
                "MIXPANEL_PROJECT_ID is not set, and a service account needs it. Export the project's number.",
            )
    elif not given.has(MIXPANEL_API_SECRET):
        if given.has(secret):
            yield Problem(
                "error", f"{secret.name} is set, but its account is not. Export {account}, the account's user name."
            )
        else:
            yield Problem(
                "error",
                f"{function.name} has no credentials for Mixpanel. {_export(secret, MIXPANEL_API_SECRET)}",
            )


def _of_schedules(deployment: Deployment, function: Function) -> Iterator[Problem]:
    """Schedules that would give up on a function before its timeout ends it."""
    for schedule in deployment.schedules:
        if schedule.function == function.name and schedule.attempt_seconds < function.timeout_seconds:
            yield Problem(
                "error",
                f"{schedule.name}: attempt_deadline is {schedule.attempt_seconds}s, and {function.name} can take "
                f"{function.timeout_seconds} s: the scheduler would give up while the run continues, and call again. "
                f"Raise it in config/schedules.json, or lower timeout_seconds in "
                f"functions/{function.name}/function.json.",
            )


def _of_deadline(function: Function, settings: Settings) -> Iterator[Problem]:
    """A deadline that leaves the function no time to answer."""
    longest = function.timeout_seconds - FUNCTION_MARGIN_SECONDS
    if settings.call_deadline_seconds > longest:
        yield Problem(
            "error",
            f"CALL_DEADLINE_SECONDS is {settings.call_deadline_seconds}, and a call of {function.name} can take at "
            f"most {longest} s. Lower it, or raise timeout_seconds in functions/{function.name}/function.json.",
        )


def _of_configurations(given: Given, function: Function, settings: Settings) -> Iterator[Problem]:
    """Configuration files that ask for more than the variables give, or that the library would refuse."""
    secrets = {*function.secrets}
    if SLACK_BOT_TOKEN in secrets and given.has(SLACK_BOT_TOKEN) and settings.slack_channel is None:
        yield from _of_channels(_document(settings.events_config))
    if secrets & {*_TARGETS.values()}:
        yield from _of_targets(given, function, _document(settings.user_metrics_config))
    yield from _of_contents(function, settings)


def _of_channels(events_config: Mapping[str, Any]) -> Iterator[Problem]:
    events = events_config.get("events")
    for event in events if isinstance(events, list) else ():
        if isinstance(event, dict) and event.get("enabled", True) and not event.get("alert_channel"):
            name = event.get("name")
            yield Problem("error", f"SLACK_CHANNEL is not set, and {name!r} has no alert_channel. Set one of the two.")
            return


def _of_targets(given: Given, function: Function, user_metrics: Mapping[str, Any]) -> Iterator[Problem]:
    sync = user_metrics.get("sync")
    for target, secret in _TARGETS.items():
        if isinstance(sync, dict) and sync.get(target) and not given.has(secret):
            yield Problem("error", f"{function.name}: sync of the user metrics asks for {target}. {_export(secret)}")


def _document(source: ConfigSource) -> Mapping[str, Any]:
    """A configuration whose shape is not checked here; empty where it is in a bucket, or is not a JSON object."""
    if source.gcs_path is not None:
        return {}
    try:
        document = json.loads(source.text or (ROOT / source.file).read_bytes())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _of_contents(function: Function, settings: Settings) -> Iterator[Problem]:
    """The problems that the library finds in configurations and plain secrets, if its requirements are installed."""
    try:
        from deploy.contents import check_configurations, check_slack_credentials
    except ImportError:
        yield Problem(
            "note",
            "The contents of configuration files are not checked. Run `make .venv/installed` to have them checked.",
        )
        return
    try:
        check_configurations(settings, with_user_metrics=not {*_TARGETS.values()}.isdisjoint(function.secrets))
        check_slack_credentials(settings)
    except ConfigError as error:
        yield Problem("error", " ".join(str(error).split()))


def _export(*secrets: SecretVariable) -> str:
    """The remedy for secrets that are missing, with the names that Terraform gives them."""
    return f"Export {' or '.join(f'{secret.reference.name}={secret_for(secret.name)}' for secret in secrets)}."
