"""What Mixpanel says about a service account: which projects it reads, and in which region. It costs no query."""

import contextlib
import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from mixpanel_data.accounts.credentials import Credentials
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    AuthenticationError,
    DeadlineError,
    MixpanelDataError,
    PlanError,
    QueryError,
    RateLimitError,
    UnavailableError,
    listed,
)
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials as ClientCredentials
from mixpanel_data.clients.mixpanel import Region
from mixpanel_data.clients.mixpanel.querying import QueryClient, QueryLedger
from mixpanel_data.clients.mixpanel.querying.refusals import remedies

_UNKNOWN = "Check its user name and its secret."
# The end of an error that advises what to check.
_ADVICE = re.compile(r" Check [\w ,']+\.$")


@dataclass(frozen=True, slots=True)
class ReadableProject:
    """A project that a service account can read. `timezone` is a name of the IANA database.

    `domain` is the host that serves it. Each but the id is None if Mixpanel's answer lacks it.
    """

    project_id: str
    name: str | None
    timezone: str | None
    domain: str | None = None

    @property
    def region(self) -> Region | None:
        """The region whose host serves it; None for any other host."""
        return next((each for each in Region if each.app_url.endswith(f"://{self.domain}")), None)


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """The credentials of a service account, without a project and a region."""

    username: str
    secret: Secret

    def readable_projects(self, region: Region, base_url: str | None, deadline: Deadline) -> dict[str, ReadableProject]:
        """The projects that Mixpanel lets it read, by their ids. `base_url` replaces the host of the region.

        It costs no query. Raises AuthenticationError for wrong credentials and for an account of another region,
        QueryError, RateLimitError and UnavailableError.
        """
        with contextlib.closing(self.client(region, base_url)) as client:
            try:
                return projects_of(client.within(deadline))
            except (QueryError, UnavailableError) as error:
                raise _of_server(error, region, base_url) from error

    def client(self, region: Region, base_url: str | None) -> QueryClient:
        """A client that can ask for these projects and for nothing that takes a query."""
        # The folder stays unused: such a call takes no place in the ledger.
        return QueryClient(ClientCredentials(self.secret, self.username), region, QueryLedger(Path()), base_url)


def projects_of(client: QueryClient) -> dict[str, ReadableProject]:
    """The projects that a client's account can read, by their ids. Raises what `readable_projects` raises."""
    return {each.project_id: each for each in _projects(client.me().get("projects"))}


def region_of(account: ServiceAccount, project_id: str, servers: Mapping[Region, str], deadline: Deadline) -> Region:
    """The region of the first of these servers that accepts an account.

    Raises AuthenticationError if none accepts it or it cannot read the project there, and what `readable_projects`
    raises.
    """
    refusals: dict[Region, str] = {}
    for region, server in servers.items():
        try:
            projects = account.readable_projects(region, server, deadline)
        except AuthenticationError as error:
            refusals[region] = str(error)
            continue
        check_project(projects, project_id, account, region)
        return region
    raise AuthenticationError(
        f"Mixpanel refused the service account {account.username!r} in {', '.join(servers)}. {_reasons(refusals)}"
    )


def _reasons(refusals: Mapping[Region, str]) -> str:
    """What Mixpanel says in each region, and what to do; once where regions agree."""
    regions: dict[str, list[Region]] = {}
    for region, refusal in refusals.items():
        regions.setdefault(refusal.replace(remedies(region).unauthenticated, _UNKNOWN), []).append(region)
    if len(regions) == 1:
        return next(iter(regions))
    return " ".join(f"In {', '.join(found)}: {answer}" for answer, found in regions.items())


def other_region(
    account: ServiceAccount, project_id: str, own: Region, servers: Mapping[Region, str], deadline: Deadline
) -> Region | None:
    """The region, other than its own, whose server accepts an account for a project; None if none of these does."""
    others = {region: server for region, server in servers.items() if region is not own}
    with contextlib.suppress(MixpanelDataError):
        return region_of(account, project_id, others, deadline)
    return None


def servers(base_url: str | None) -> Mapping[Region, str]:
    """The servers to ask for the region of an account. A base URL replaces all of them."""
    return {Region.US: base_url} if base_url else {region: region.app_url for region in Region}


def project_of(credentials: Credentials, base_url: str | None, deadline: Deadline) -> ReadableProject:
    """What Mixpanel says about the project of these credentials.

    Raises AuthenticationError if it refuses them or the project, and what `readable_projects` raises.
    """
    region, account = Region(credentials.region), ServiceAccount(credentials.username, Secret(credentials.secret))
    projects = account.readable_projects(region, base_url, deadline)
    check_project(projects, credentials.project_id, account, region)
    return projects[credentials.project_id]


def check_project(
    projects: Mapping[str, ReadableProject], project_id: str, account: ServiceAccount, region: Region
) -> None:
    """Raise AuthenticationError if a project is not among those that an account can read."""
    if project_id not in projects:
        readable = [each.project_id for each in projects.values()]
        advice = (
            "Give one of these, or grant it access to the project." if readable else "Grant it access to the project."
        )
        raise AuthenticationError(
            f"Mixpanel accepts the service account {account.username!r} in {region}, but not for project {project_id}. "
            f"It can read {listed(readable) or 'none'}. {advice}"
        )


def _of_server(
    error: QueryError | UnavailableError, region: Region, base_url: str | None
) -> QueryError | UnavailableError:
    """The same error as one of the server, for who asks for no more than the projects."""
    server = base_url or region.app_url
    host, is_usual = server.partition("://")[2], server == region.app_url
    address = "the network, and HTTPS_PROXY if there is a proxy" if is_usual else f"MIXPANEL_BASE_URL ({server})"
    if isinstance(error, RateLimitError | PlanError):
        return error
    said = _ADVICE.sub("", str(error))
    if isinstance(error, QueryError):
        text = f"{said} Check {address}: another server answers in Mixpanel's place."
    elif isinstance(error, DeadlineError) or isinstance(error.__cause__, TimeoutError | requests.Timeout):
        text = f"{host} did not answer in time. Check {address}."
    else:
        text = f"{said if host in said else f'{host}: {said}'} Check {address}, and repeat the call."
    told = copy.copy(error)
    told.args = (text,)
    return told


def _projects(projects: object) -> Iterator[ReadableProject]:
    if isinstance(projects, Mapping):
        for project_id, project in projects.items():
            known = project if isinstance(project, Mapping) else {}
            yield ReadableProject(
                str(project_id),
                _text(known.get("name")),
                _text(known.get("timezone")),
                _text(known.get("domain")),
            )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
