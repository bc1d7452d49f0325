"""The live queries on a client that a test made."""

from mixpanel_data.clients.mixpanel.querying import QueryClient
from mixpanel_data.workspace.live.queries import LiveQueries


class QueriesOf(LiveQueries):
    """What a workspace asks Mixpanel, with this client."""

    def __init__(self, client: QueryClient) -> None:
        self._client = client

    @property
    def api(self) -> QueryClient:
        return self._client
