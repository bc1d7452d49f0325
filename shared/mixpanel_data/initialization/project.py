"""What Mixpanel says about a project before anything is kept: where it is, its time zone, its events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mixpanel_data.accounts.credentials import Credentials
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import AuthenticationError, ConfigError, MixpanelDataError, PlanError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials as ClientCredentials
from mixpanel_data.clients.mixpanel import Region
from mixpanel_data.clients.mixpanel.querying import QueryClient, QueryLedger
from mixpanel_data.configuration.environment.analyst_variables import (
    MIXPANEL_QUERIES_AT_ONCE,
    MIXPANEL_QUERIES_PER_HOUR,
    MP_CONFIG_PATH,
)
from mixpanel_data.configuration.environment.variables import MIXPANEL_TIMEZONE
from mixpanel_data.wiring.access import ServiceAccount, other_region, project_of, region_of, servers
from mixpanel_data.workspace.clients import LEDGER_FOLDER

_UTC = "UTC"


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a project's events, the most common ones first; where Mixpanel told none, `problem` says why."""

    names: Sequence[str] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a project's data resides, and its zone by its name in the IANA database; None for UTC and if unknown."""

    region: str
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Mixpanel:
    """Mixpanel's servers, or with `base_url` the one in place of them, asked within a deadline."""

    base_url: str | None
    deadline: Deadline

    def place(self, username: str, secret: Secret, project_id: str, region: str | None) -> Place:
        """The place of a service account's project; without a region, all are asked for it. It takes no query.

        Raises AuthenticationError if Mixpanel refuses the account or the project, and what `region_of` raises.
        """
        account = ServiceAccount(username, secret)
        asked = region or str(region_of(account, project_id, servers(self.base_url), self.deadline))
        try:
            found = Credentials(username, secret.reveal(), project_id, asked)
            project = project_of(found, self.base_url, self.deadline)
        except AuthenticationError as error:
            # One server in place of all refuses for all of them.
            hosts = {} if self.base_url else servers(None)
            other = other_region(account, project_id, Region(asked), hosts, self.deadline)
            if other is None:
                raise
            raise AuthenticationError(
                f"Mixpanel accepts the service account {username!r} in {other}, not in {asked}. Give --region {other}."
            ) from error
        # One server in place of all does not tell by its name which region it serves.
        return Place(region or str(project.region or asked), project.timezone if _is_other(project.timezone) else None)

    def names(self, credentials: ClientCredentials, region: str, env: Mapping[str, str]) -> Names:
        """The events of the last month, for one query of the hour's quota; an export of one day would bring all of it.

        It raises nothing: without a list, every event can be collected.
        """
        try:
            return Names(self._names(credentials, Region(region), env))
        except MixpanelDataError as error:
            return Names(problem=str(error))

    def of_api_secret(self, secret: Secret, region: str | None, env: Mapping[str, str]) -> tuple[str, Names]:
        """The region that accepts a project's API secret, and its events, for one query.

        Only the query API tells of such a secret without an export. Raises AuthenticationError if none accepts it, and
        what `event_names` raises.
        """
        regions = [Region(region)] if region else list(servers(self.base_url))
        for each in regions:
            try:
                return str(each), Names(self._names(ClientCredentials(secret), each, env))
            except PlanError as error:
                # Mixpanel looks at the credential first.
                return str(each), Names(problem=str(error))
            except AuthenticationError:
                continue
        raise AuthenticationError(f"Mixpanel refused the API secret in {', '.join(regions)}.")

    def _names(self, credentials: ClientCredentials, region: Region, env: Mapping[str, str]) -> Sequence[str]:
        client = QueryClient(credentials, region, _ledger(env), self.base_url)
        try:
            return client.within(self.deadline).event_names()
        finally:
            client.close()


def _ledger(env: Mapping[str, str]) -> QueryLedger:
    folder = MP_CONFIG_PATH.read(env).parent / LEDGER_FOLDER
    return QueryLedger(folder, MIXPANEL_QUERIES_PER_HOUR.read(env), MIXPANEL_QUERIES_AT_ONCE.read(env))


def _is_other(name: str | None) -> bool:
    """Whether this is a known zone other than UTC."""
    try:
        return bool(name) and MIXPANEL_TIMEZONE.read({MIXPANEL_TIMEZONE.name: name or _UTC}).key != _UTC
    except ConfigError:
        return False
