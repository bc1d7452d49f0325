"""The SQL of leases, for an engine whose runs share no machine: one run at a time holds the job in job_locks."""

from mixpanel_data.warehouse.statements import statement

ADD_LOCK = statement("warehouse/add_lock.sql", job="STRING")
TAKE_LEASE = statement(
    "warehouse/take_lease.sql", job="STRING", holder="STRING", now="TIMESTAMP", held_until="TIMESTAMP"
)
LEASE_HOLDERS = statement("warehouse/lease_holders.sql", job="STRING", now="TIMESTAMP")
END_LEASE = statement("warehouse/end_lease.sql", job="STRING", holder="STRING")
