"""The ledger of queries: it keeps all processes of this machine together within the quota of each project.

`QueryLedger` has the rules (`ledger`), on files that survive a kill (`files`).
"""

from mixpanel_data.clients.mixpanel.querying.ledger.ledger import MOST_AN_HOUR, MOST_AT_ONCE, Place, QueryLedger

__all__ = ["MOST_AN_HOUR", "MOST_AT_ONCE", "Place", "QueryLedger"]
