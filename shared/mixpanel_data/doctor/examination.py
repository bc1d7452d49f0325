"""All checks of an installation, each subject within its own time, all at once."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from mixpanel_data.accounts.credentials import Credentials
from mixpanel_data.accounts.resolution import Choice
from mixpanel_data.base.clock import Clock, utc_now
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.environment import environment
from mixpanel_data.base.errors import AuthenticationError, ConfigError, MixpanelDataError
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.doctor import configuration, jobs, mixpanel, slack, warehouse
from mixpanel_data.doctor.check import Check, Verdict
from mixpanel_data.doctor.wording import failed, skipped
from mixpanel_data.wiring.accounts import job_environment
from mixpanel_data.wiring.credentials import mixpanel_credentials
from mixpanel_data.wiring.files import events_config
from mixpanel_data.wiring.own_file import with_own_file
from mixpanel_data.wiring.secrets import secret

SECONDS = 20.0
"""How long each subject may take."""

# What bounds itself by the deadline gets to say why; the rest is given up.
_GRACE_SECONDS = 5.0
_INIT = "Set it up: mp init"

_ORDER = (
    configuration.SUBJECT,
    mixpanel.SUBJECT,
    warehouse.SUBJECT,
    slack.SUBJECT,
    configuration.SCHEDULES,
    jobs.SUBJECT,
)

Look = Callable[[Deadline], Iterator[Check]]


def examined(choice: Choice, clock: Clock = utc_now, seconds: float = SECONDS) -> list[Check]:
    """The checks of everything that is configured here, by subject. It raises nothing and changes nothing.

    `choice` is the account and the project to look at; `seconds` bounds each subject, and they run at once.
    """
    found = [*configuration.env_file_checks()]
    try:
        env = environment()
    except ConfigError as error:
        # Its own check says the same; without the variables, there is nothing to look at.
        return found or [failed(configuration.SUBJECT, ".env", error)]
    found += [configuration.command_check(), *configuration.variable_checks(env), configuration.account_check(env)]
    looks = {configuration.SCHEDULES: lambda _: configuration.schedule_checks()}
    looks |= _looks(choice, env, clock)
    return _in_order([*found, *_all_at_once(looks, seconds)])


def _looks(choice: Choice, env: Mapping[str, str], clock: Clock) -> dict[str, Look]:
    """The subjects that need settings; each says itself what it lacks."""
    try:
        settings = Settings.from_env(env)
    except ConfigError:
        # The checks of the variables say it.
        subjects = (mixpanel.SUBJECT, warehouse.SUBJECT, slack.SUBJECT)
        return {subject: partial(_without_settings, subject) for subject in subjects}
    return {
        configuration.SUBJECT: lambda _: configuration.file_checks(settings),
        mixpanel.SUBJECT: lambda deadline: _mixpanel(choice, env, deadline, clock),
        warehouse.SUBJECT: lambda deadline: _warehouse(choice, env, deadline, clock),
        slack.SUBJECT: lambda deadline: _slack(settings, deadline),
    }


def _without_settings(subject: str, _: Deadline) -> Iterator[Check]:
    yield skipped(subject, "settings", "config")


def _mixpanel(choice: Choice, env: Mapping[str, str], deadline: Deadline, clock: Clock) -> Iterator[Check]:
    try:
        settings = Settings.from_env(job_environment(choice, env))
        known = mixpanel_credentials(settings)
        if known.username is None:
            yield _api_secret()
            return
        credentials = Credentials(
            known.username, known.secret.reveal(), known.project_id or "", settings.mixpanel_region
        )
    except AuthenticationError as error:
        is_none_at_all = "There are no credentials" in str(error)
        yield failed(mixpanel.SUBJECT, "credential", error, _INIT) if not is_none_at_all else _none()
        return
    except MixpanelDataError as error:
        yield failed(mixpanel.SUBJECT, "credential", error, _INIT)
        return
    zone = mixpanel.ZoneSetting(settings.mixpanel_timezone, settings.mixpanel_time_basis)
    yield from mixpanel.mixpanel_checks(credentials, settings.mixpanel_base_url, deadline, zone=zone, clock=clock)


def _none() -> Check:
    found = "There is no credential: no account, and no variable."
    return Check(mixpanel.SUBJECT, "credential", Verdict.FAILED, found, _INIT)


def _api_secret() -> Check:
    found = "MIXPANEL_API_SECRET is set, of which Mixpanel says nothing without an export. It ends on 3 March 2027."
    return Check(mixpanel.SUBJECT, "credential", Verdict.WARNING, found, f"Use a service account. {_INIT}")


def _warehouse(choice: Choice, env: Mapping[str, str], deadline: Deadline, clock: Clock) -> Iterator[Check]:
    # Without credentials, which their own check misses, the project of the variables counts.
    with contextlib.suppress(MixpanelDataError):
        env = job_environment(choice, env)
    try:
        settings = Settings.from_env(with_own_file(choice, env, makes_folder=False))
    except ConfigError:
        # Without a credential, whose check says so, no project is known.
        found = "Without a project, the file that keeps its events is not known."
        yield Check(warehouse.SUBJECT, "file", Verdict.SKIPPED, found, f"{_INIT}, or name a file in WAREHOUSE.")
        return
    yield from warehouse.warehouse_checks(settings, deadline, clock)


def _slack(settings: Settings, deadline: Deadline) -> Iterator[Check]:
    try:
        token = secret(settings.slack_bot_token, settings)
        url = None if token else secret(settings.slack_webhook_url, settings)
    except MixpanelDataError as error:
        yield failed(slack.SUBJECT, "credential", error)
        return
    if token is not None:
        yield from slack.bot_checks(token, _channels(settings), settings.slack_base_url, deadline)
    elif url is not None:
        yield from slack.webhook_checks(url, deadline)
    else:
        found = "There is no token and no webhook: nobody is told of an alert."
        yield Check(slack.SUBJECT, "credential", Verdict.SKIPPED, found, f"{_INIT}, or set SLACK_BOT_TOKEN.")


def _channels(settings: Settings) -> Sequence[str]:
    """The channels that alerts go to, each once."""
    named = [settings.slack_channel]
    # What is wrong with the file, its check says.
    with contextlib.suppress(MixpanelDataError):
        named += [event.alert_channel for event in events_config(settings).events if event.enabled]
    return list(dict.fromkeys(each for each in named if each))


@dataclass
class _Subject:
    """A subject that a thread looks at, and what it has found so far."""

    name: str
    look: Look
    deadline: Deadline
    checks: list[Check] = field(default_factory=list)

    def run(self) -> None:
        try:
            for check in self.look(self.deadline):
                self.checks.append(check)
        except Exception as error:
            # One subject that fails must not hide the others.
            self.checks.append(_unexpected(self.name, error))


def _all_at_once(looks: Mapping[str, Look], seconds: float) -> Iterator[Check]:
    deadline = Deadline.after(seconds)
    given_up = Deadline.after(seconds + _GRACE_SECONDS)
    subjects = [_Subject(name, look, deadline) for name, look in looks.items()]
    # Daemons: a library that heeds no deadline must not keep the program.
    threads = [threading.Thread(target=each.run, name=f"doctor-{each.name}", daemon=True) for each in subjects]
    for thread in threads:
        thread.start()
    for thread, subject in zip(threads, subjects, strict=True):
        thread.join(given_up.left(seconds + _GRACE_SECONDS))
        yield from list(subject.checks)
        if thread.is_alive():
            found = f"There was no answer within {seconds:.0f} s."
            yield Check(subject.name, "time", Verdict.FAILED, found, "Check the network, and run this again.")


def _unexpected(subject: str, error: Exception) -> Check:
    found = f"The check ended with {type(error).__name__}: {error}"
    return Check(subject, "check", Verdict.FAILED, found, "Report it with the output of mp -v doctor.")


def _in_order(checks: list[Check]) -> list[Check]:
    return sorted(checks, key=lambda check: _ORDER.index(check.subject))
