"""What Mixpanel says about a service account: which projects it reads, and in which region. It costs no query."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mixpanel_data.accounts.credentials import Credentials
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import AuthenticationError, listed
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials as ClientCredentials
from mixpanel_data.clients.mixpanel import Region
from mixpanel_data.clients.mixpanel.querying import QueryClient, QueryLedger


@dataclass(frozen=True, slots=True)
class ReadableProject:
    """A project that a service account can read. `timezone` is a name of the IANA database.

    `name` and `timezone` are None if Mixpanel's answer lacks them.
    """

    project_id: str
    name: str | None
    timezone: str | None


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
        # The folder stays unused: this call takes no place in the ledger.
        ledger = QueryLedger(Path())
        client = QueryClient(ClientCredentials(self.secret, self.username), region, ledger, base_url)
        try:
            projects = client.within(deadline).me().get("projects")
        finally:
            client.close()
        return {each.project_id: each for each in _projects(projects)}


def region_of(account: ServiceAccount, project_id: str, servers: Mapping[Region, str], deadline: Deadline) -> Region:
    """The region of the first of these servers that accepts an account.

    Raises AuthenticationError if none accepts it or it cannot read the project there, and what `readable_projects`
    raises.
    """
    for region, server in servers.items():
        try:
            projects = account.readable_projects(region, server, deadline)
        except AuthenticationError:
            continue
        _check_project(projects, project_id, account, region)
        return region
    raise AuthenticationError(
        f"Mixpanel refused the service account {account.username!r} in {', '.join(servers)}. Check its user name "
        "and its secret; with --region, the account is stored without this check."
    )


def servers(base_url: str | None) -> Mapping[Region, str]:
    """The servers to ask for the region of an account. A base URL replaces all of them."""
    return {Region.US: base_url} if base_url else {region: region.app_url for region in Region}


def project_of(credentials: Credentials, base_url: str | None, deadline: Deadline) -> ReadableProject:
    """What Mixpanel says about the project of these credentials.

    Raises AuthenticationError if it refuses them or the project, and what `readable_projects` raises.
    """
    region, account = Region(credentials.region), ServiceAccount(credentials.username, Secret(credentials.secret))
    projects = account.readable_projects(region, base_url, deadline)
    _check_project(projects, credentials.project_id, account, region)
    return projects[credentials.project_id]


def _check_project(
    projects: Mapping[str, ReadableProject], project_id: str, account: ServiceAccount, region: Region
) -> None:
    if project_id not in projects:
        readable = [each.project_id for each in projects.values()]
        raise AuthenticationError(
            f"Mixpanel accepts the service account {account.username!r} in {region}, but not for project {project_id}. "
            f"It can read {listed(readable) or 'none'}. Give one of these, or grant it access to the project."
        )


def _projects(projects: object) -> Iterator[ReadableProject]:
    if isinstance(projects, Mapping):
        for project_id, project in projects.items():
            known = project if isinstance(project, Mapping) else {}
            yield ReadableProject(str(project_id), _text(known.get("name")), _text(known.get("timezone")))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
