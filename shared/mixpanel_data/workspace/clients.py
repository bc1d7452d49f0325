"""The clients of Mixpanel that a workspace uses, made from its credentials."""

from typing import TYPE_CHECKING

from mixpanel_data.accounts.credentials import Credentials
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.environment import environment
from mixpanel_data.base.secret import Secret
from mixpanel_data.configuration.environment.analyst_variables import (
    MIXPANEL_QUERIES_AT_ONCE,
    MIXPANEL_QUERIES_PER_HOUR,
    MP_CONFIG_PATH,
)
from mixpanel_data.configuration.environment.variables import MIXPANEL_BASE_URL

if TYPE_CHECKING:
    from mixpanel_data.clients.mixpanel import Credentials as ClientCredentials
    from mixpanel_data.clients.mixpanel import Mixpanel
    from mixpanel_data.clients.mixpanel.querying import QueryClient

LEDGER_FOLDER = "queries"
"""The folder of the ledger, beside the file with the accounts."""


def export_client(credentials: Credentials) -> "Mixpanel":
    """The client of the raw export. Raises ConfigError for a MIXPANEL_BASE_URL that is wrong."""
    from mixpanel_data.clients.mixpanel import Mixpanel, Region

    base_url = MIXPANEL_BASE_URL.read(environment())
    return Mixpanel(_of_project(credentials), Region(credentials.region), base_url)


def query_client(credentials: Credentials, *, is_waiting: bool) -> "QueryClient":
    """The client of the query API; its ledger is in a folder beside the config file.

    `is_waiting`: a query that the quota forbids waits for its turn, instead of raising RateLimitError. Raises
    ConfigError for a variable that is wrong.
    """
    from mixpanel_data.clients.mixpanel import Region
    from mixpanel_data.clients.mixpanel.querying import QueryClient
    from mixpanel_data.clients.mixpanel.querying.ledger import QueryLedger

    env = environment()
    ledger = QueryLedger(
        MP_CONFIG_PATH.read(env).parent / LEDGER_FOLDER,
        MIXPANEL_QUERIES_PER_HOUR.read(env),
        MIXPANEL_QUERIES_AT_ONCE.read(env),
    )
    client = QueryClient(_of_project(credentials), Region(credentials.region), ledger, MIXPANEL_BASE_URL.read(env))
    return client.within(Deadline(), is_waiting=is_waiting)


def _of_project(credentials: Credentials) -> "ClientCredentials":
    from mixpanel_data.clients.mixpanel import Credentials as ClientCredentials

    return ClientCredentials(Secret(credentials.secret), credentials.username, credentials.project_id)
