"""The PostgreSQL client: keeps a table of users' totals up to date, and changes only the rows that differ.

One plain statement a batch does the work that products otherwise keep a stored function for, such as
`upsert_subscribers_incremental`. So there is nothing to install, and the role needs SELECT, INSERT and UPDATE on the
one table. The values are absolute: a batch that is sent twice, or by a run that died before it could record it, is
right.
"""

from mixpanel_data.clients.postgres.client import Postgres
from mixpanel_data.clients.postgres.table import Column

__all__ = ["Column", "Postgres"]
