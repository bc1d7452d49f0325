"""Mixpanel's query API: a client with one method for each endpoint.

The ledger notes the queries of all processes on this machine, so that together they stay in the project's quota. A
query that it or Mixpanel refuses for now raises RateLimitError, with the moment from which to try again.
"""

from mixpanel_data.clients.mixpanel.querying.answers import EngagePage, Numbers, Series
from mixpanel_data.clients.mixpanel.querying.client import QueryClient
from mixpanel_data.clients.mixpanel.querying.days import Days
from mixpanel_data.clients.mixpanel.querying.ledger import QueryLedger

__all__ = ["Days", "EngagePage", "Numbers", "QueryClient", "QueryLedger", "Series"]
