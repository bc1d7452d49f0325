"""What Mixpanel says about a service account and its project, and by its clock and zone about the settings."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mixpanel_data.accounts.credentials import Credentials
from mixpanel_data.base.clock import Clock, utc_now
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import AuthenticationError, MixpanelDataError, RateLimitError, UnavailableError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Region
from mixpanel_data.configuration.settings import TimeBasis
from mixpanel_data.doctor.check import Check, Verdict
from mixpanel_data.doctor.wording import TRUST_PROXY, network_fault, skipped, told
from mixpanel_data.wiring.access import ReadableProject, ServiceAccount, check_project, projects_of

SUBJECT = "mixpanel"

_SERVER, _CREDENTIAL, _PROJECT, _REGION, _ZONE, _CLOCK = (
    *("server", "credential", "project", "region"),
    *("time zone", "clock"),
)
# The Date header has whole seconds, and the answer takes a while.
_NOTABLE, _HARMFUL = timedelta(minutes=1), timedelta(minutes=5)
_SET_CLOCK = "Set the clock of this machine, for example with: timedatectl set-ntp true"


@dataclass(frozen=True, slots=True)
class ZoneSetting:
    """What the settings say of the project's time zone, and of the zone in which its events' times are exported."""

    zone: ZoneInfo
    basis: TimeBasis


@dataclass(frozen=True, slots=True)
class _Answer:
    """Mixpanel's answer to the question which projects an account reads: those, or the error that it means.

    `answered_at` is the moment of the answer by Mixpanel's clock, `heard_at` by this machine's.
    """

    projects: Mapping[str, ReadableProject]
    error: MixpanelDataError | None
    answered_at: datetime | None
    heard_at: datetime


def mixpanel_checks(
    credentials: Credentials,
    base_url: str | None,
    deadline: Deadline,
    *,
    zone: ZoneSetting | None = None,
    clock: Clock = utc_now,
) -> Iterator[Check]:
    """Ask Mixpanel about a service account and its project. It takes no quota, and raises nothing.

    `base_url` replaces the hosts of the region. Without `zone`, the time zone of the project is told and compared with
    nothing.
    """
    region = Region(credentials.region)
    account = ServiceAccount(credentials.username, Secret(credentials.secret))
    answer = _asked(account, region, base_url, deadline, clock)
    project = answer.projects.get(credentials.project_id)
    yield _server(answer, base_url or region.app_url, base_url)
    yield _credential(answer, account, region)
    yield _project(answer, account, credentials)
    yield _region(answer, project, credentials, base_url, deadline)
    yield _zone(project, zone)
    yield _clock(answer)


def _asked(account: ServiceAccount, region: Region, base_url: str | None, deadline: Deadline, clock: Clock) -> _Answer:
    with contextlib.closing(account.client(region, base_url)) as client:
        try:
            found, error = projects_of(client.within(deadline)), None
        except MixpanelDataError as refusal:
            found, error = {}, refusal
        return _Answer(found, error, client.answered_at, clock())


def _server(answer: _Answer, server: str, base_url: str | None) -> Check:
    host = server.partition("://")[2]
    if answer.error is None or isinstance(answer.error, AuthenticationError):
        return _check(_SERVER, Verdict.OK, f"{host} answers.")
    return _check(_SERVER, Verdict.FAILED, *_unanswered(answer.error, host, base_url))


def _unanswered(error: MixpanelDataError, host: str, base_url: str | None) -> tuple[str, str]:
    """What is wrong with a server that does not answer the question, and what to do."""
    address = f"MIXPANEL_BASE_URL ({base_url})" if base_url else "the network, and HTTPS_PROXY if there is a proxy"
    if isinstance(error, RateLimitError):
        again = f"from {error.retry_at:%H:%M:%S} UTC" if error.retry_at else "in some minutes"
        return f"{host} takes no more requests for now.", f"Run this again {again}."
    if not isinstance(error, UnavailableError):
        return told(error).found, f"Check {address}: another server answers in Mixpanel's place."
    fault = network_fault(error)
    if fault is not None and fault.is_about_trust:
        return (
            f"{host}: {fault.reason}.",
            f"Check {address}. {TRUST_PROXY}",
        )
    if fault is not None:
        checked = "HTTPS_PROXY, or unset it" if fault.is_of_proxy else address
        return f"{host} cannot be reached: {fault.reason}.", f"Check {checked}."
    return told(error).found, f"Run this again later, and check {address}."


def _credential(answer: _Answer, account: ServiceAccount, region: Region) -> Check:
    if isinstance(answer.error, AuthenticationError):
        refusal = told(answer.error)
        found = f"Mixpanel refuses the service account {account.username} in {region}. {refusal.found}"
        return _check(_CREDENTIAL, Verdict.FAILED, found, refusal.remedy)
    if answer.error is not None:
        return skipped(SUBJECT, _CREDENTIAL, _SERVER)
    return _check(_CREDENTIAL, Verdict.OK, f"Mixpanel accepts the service account {account.username} in {region}.")


def _project(answer: _Answer, account: ServiceAccount, credentials: Credentials) -> Check:
    if answer.error is not None:
        return skipped(SUBJECT, _PROJECT, _earlier(answer.error))
    try:
        check_project(answer.projects, credentials.project_id, account, Region(credentials.region))
    except AuthenticationError as error:
        refusal = told(error)
        return _check(_PROJECT, Verdict.FAILED, refusal.found, refusal.remedy)
    name = answer.projects[credentials.project_id].name
    return _check(_PROJECT, Verdict.OK, f"It reads project {credentials.project_id}{f', {name}' if name else ''}.")


def _region(
    answer: _Answer, project: ReadableProject | None, credentials: Credentials, base_url: str | None, deadline: Deadline
) -> Check:
    own = Region(credentials.region)
    if isinstance(answer.error, AuthenticationError):
        other = _accepting(credentials, own, deadline) if base_url is None else None
        if other is None:
            return skipped(SUBJECT, _REGION, _CREDENTIAL)
        return _wrong_region(f"Mixpanel accepts the service account in {other}, not in {own}.", other)
    if project is None:
        return skipped(SUBJECT, _REGION, _earlier(answer.error))
    kept = project.region
    if kept is not None and kept is not own:
        return _wrong_region(f"The project is served by {project.domain}, and the region is {own}.", kept)
    return _check(_REGION, Verdict.OK, f"The region is {own}.")


def _accepting(credentials: Credentials, own: Region, deadline: Deadline) -> Region | None:
    """Another region that accepts the account."""
    account = ServiceAccount(credentials.username, Secret(credentials.secret))
    for region in Region:
        with contextlib.suppress(MixpanelDataError):
            if region is not own:
                account.readable_projects(region, None, deadline)
                return region
    return None


def _wrong_region(found: str, right: Region) -> Check:
    return _check(_REGION, Verdict.FAILED, found, f"Set MIXPANEL_REGION, or the region of the account, to {right}.")


def _zone(project: ReadableProject | None, setting: ZoneSetting | None) -> Check:
    if project is None:
        return skipped(SUBJECT, _ZONE, _PROJECT)
    own = _known_zone(project.timezone)
    if own is None:
        return _check(_ZONE, Verdict.SKIPPED, "Mixpanel does not say the zone of the project.")
    if setting is None:
        return _check(_ZONE, Verdict.OK, f"The project counts days in {own.key}.")
    if _are_alike(own, setting.zone):
        return _check(_ZONE, Verdict.OK, f"The project and MIXPANEL_TIMEZONE count days in {own.key}.")
    found = f"The project counts days in {own.key}, MIXPANEL_TIMEZONE is {setting.zone.key}"
    remedy = f"Set MIXPANEL_TIMEZONE={own.key}"
    if setting.basis is TimeBasis.PROJECT:
        # The collector takes the times of the export for those of this zone.
        return _check(
            _ZONE, Verdict.FAILED, f"{found}: all events are hours off.", f"{remedy}, and collect the days again."
        )
    return _check(_ZONE, Verdict.WARNING, f"{found}: reports and the detector count other days.", remedy)


def _known_zone(name: str | None) -> ZoneInfo | None:
    with contextlib.suppress(ValueError, OSError, KeyError):
        return ZoneInfo(name) if name else None
    return None


def _are_alike(one: ZoneInfo, other: ZoneInfo) -> bool:
    """Whether two zones, which may be two names of one, have the same time in each month of this year."""
    months = [datetime(utc_now().year, month, 1, tzinfo=UTC) for month in range(1, 13)]
    return all(each.astimezone(one).utcoffset() == each.astimezone(other).utcoffset() for each in months)


def _clock(answer: _Answer) -> Check:
    if answer.answered_at is None:
        return _check(_CLOCK, Verdict.SKIPPED, "No answer says the time.")
    ahead = answer.heard_at - answer.answered_at
    if abs(ahead) < _NOTABLE:
        return _check(_CLOCK, Verdict.OK, "The clocks of this machine and of Mixpanel agree.")
    verdict = Verdict.FAILED if abs(ahead) >= _HARMFUL else Verdict.WARNING
    side = "ahead of" if ahead > timedelta(0) else "behind"
    span = timedelta(seconds=round(abs(ahead).total_seconds()))
    return _check(_CLOCK, verdict, f"The clock of this machine is {span} {side} Mixpanel's.", _SET_CLOCK)


def _earlier(error: MixpanelDataError | None) -> str:
    """The check that an error of the answer, or an answer without the project, has failed."""
    if error is None:
        return _PROJECT
    return _CREDENTIAL if isinstance(error, AuthenticationError) else _SERVER


def _check(name: str, verdict: Verdict, found: str, remedy: str | None = None) -> Check:
    return Check(SUBJECT, name, verdict, found, remedy)
