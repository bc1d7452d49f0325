"""A job's lease, on an engine where runs meet: of those that want to work, one at a time does."""

from mixpanel_data.warehouse.statements import statement

ADD_LEASE = statement("warehouse/add_lease.sql", job="STRING")
TAKE_LEASE = statement(
    "warehouse/take_lease.sql", job="STRING", holder="STRING", now="TIMESTAMP", held_until="TIMESTAMP"
)
LEASE_HOLDER = statement("warehouse/lease_holder.sql", job="STRING")
END_LEASE = statement("warehouse/end_lease.sql", job="STRING", holder="STRING")
KEEP_LEASE = statement("warehouse/keep_lease.sql", job="STRING", run_id="STRING")
"""For the transactions of who holds it: it fails where another run has taken over."""
