"""Stores one staged portion of events: every event once, of several copies the newest."""

import duckdb

from mixpanel_data.warehouse.dialect import fingerprint
from mixpanel_data.workspace.fetching.state import Begun, Portion, record
from mixpanel_data.workspace.storage.quoting import quoted

COLUMNS = (
    "event_name VARCHAR, event_time TIMESTAMP, distinct_id VARCHAR, insert_id VARCHAR,"
    " properties JSON USING COMPRESSION zstd, event_id VARCHAR USING COMPRESSION uncompressed"
)
"""The columns of a table of events; `event_time` is in UTC."""

# One row per line that loses to another copy of its event, by the rules of the collector; mostly none. Most events have
# one copy: eight bytes of each are compared first, and sorted JSON, which takes long, only where copies differ.
_LOSERS = """
CREATE OR REPLACE TEMP TABLE losers AS
WITH
  identified AS (
    SELECT
      incoming.row_id,
      coalesce(incoming.event_id, unmarked.event_id) AS id,
      hash(id) AS id_hash,
      coalesce(incoming.mp_processing_time_ms, -1) AS processing_ms,
      coalesce(incoming.distinct_id, '') AS distinct_id,
      incoming.contents_fingerprint
    FROM staging.incoming
    LEFT JOIN staging.unmarked ON unmarked.row_id = incoming.row_id
    WHERE incoming.is_wanted
  ),
  repeated AS (SELECT id_hash FROM identified GROUP BY id_hash HAVING count(*) > 1),
  rivals AS MATERIALIZED (
    SELECT
      *,
      min(contents_fingerprint) OVER (PARTITION BY id) <> max(contents_fingerprint) OVER (PARTITION BY id) AS differ
    FROM identified
    WHERE id_hash IN (SELECT id_hash FROM repeated)
  ),
  tied AS (
    SELECT rivals.row_id, json_string(incoming.properties) AS content
    FROM rivals
    JOIN staging.incoming ON incoming.row_id = rivals.row_id
    WHERE rivals.differ
  )
SELECT rivals.row_id
FROM rivals
LEFT JOIN tied ON tied.row_id = rivals.row_id
QUALIFY row_number() OVER (
  PARTITION BY rivals.id
  ORDER BY rivals.processing_ms DESC, rivals.distinct_id DESC, tied.content DESC
) > 1
"""
_INSERT = """
INSERT INTO {table}
SELECT
  incoming.event_name,
  utc_wall_clock(incoming.event_timestamp),
  incoming.distinct_id,
  incoming.insert_id,
  incoming.properties,
  coalesce(incoming.event_id, unmarked.event_id)
FROM staging.incoming
LEFT JOIN staging.unmarked ON unmarked.row_id = incoming.row_id
WHERE incoming.is_wanted AND NOT EXISTS (SELECT 1 FROM losers WHERE losers.row_id = incoming.row_id)
"""
# Copies of one event have the same second, so that only rows of these times can be copies of one of the portion.
_OTHERS = """
SELECT count(*) FROM {table}
WHERE event_time BETWEEN
  (SELECT date_trunc('second', utc_wall_clock(min(event_timestamp))) FROM staging.incoming WHERE is_wanted)
  AND (SELECT date_trunc('second', utc_wall_clock(max(event_timestamp))) FROM staging.incoming WHERE is_wanted)
    + INTERVAL 999999 MICROSECONDS
"""
# The rows that a merge brings: with `stored_row` those in whose place they come. Fingerprints, so that a join of a
# million events does not hold their properties.
_CHANGES = """
CREATE OR REPLACE TEMP TABLE changes AS
SELECT fresh.row_number AS fresh_row, stored.row_number AS stored_row
FROM (
  SELECT rowid AS row_number, event_id, event_time, {fingerprint} AS content FROM {source}
) AS fresh
LEFT JOIN (
  SELECT rowid AS row_number, event_id, event_time, {fingerprint} AS content FROM {target}
) AS stored ON stored.event_id = fresh.event_id
WHERE stored.row_number IS NULL
  OR (stored.event_time, stored.content) IS DISTINCT FROM (fresh.event_time, fresh.content)
"""
_WITHOUT_OLDER = """
DELETE FROM changes WHERE stored_row IN (
  WITH pairs AS MATERIALIZED (SELECT * FROM changes WHERE stored_row IS NOT NULL)
  SELECT pairs.stored_row
  FROM pairs
  JOIN {source} AS fresh ON fresh.rowid = pairs.fresh_row
  JOIN {target} AS stored ON stored.rowid = pairs.stored_row
  WHERE coalesce(try_cast(stored.properties->>'$.mp_processing_time_ms' AS DOUBLE), -1)
    > coalesce(try_cast(fresh.properties->>'$.mp_processing_time_ms' AS DOUBLE), -1)
)
"""


def prepare(connection: duckdb.DuckDBPyConnection) -> int:
    """Decide which staged lines are events to store; return how many lines are not events. Needs no file."""
    connection.execute(_LOSERS)
    (row,) = connection.execute("SELECT count(*) FROM staging.incoming WHERE reason IS NOT NULL").fetchall()
    return int(row[0])


def store(connection: duckdb.DuckDBPyConnection, begun: Begun, portion: Portion) -> Portion:
    """Store what is prepared, with the portion's row; return the portion with the number of rows.

    For a transaction on the file, attached as `warehouse`.
    """
    table = f"warehouse.main.{quoted(begun.unfinished_table)}"
    (others,) = connection.execute(_OTHERS.format(table=table)).fetchall()
    if others[0]:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE portion AS SELECT * FROM {table} LIMIT 0")  # noqa: S608
        (count,) = connection.execute(_INSERT.format(table="temp.portion")).fetchall()
        merge(connection, "temp.portion", table)
    else:
        (count,) = connection.execute(_INSERT.format(table=table)).fetchall()
    stored = Portion(portion.number, portion.first_day, portion.last_day, int(count[0]), portion.rejected)
    record(connection, begun, stored, "warehouse")
    return stored


def merge(connection: duckdb.DuckDBPyConnection, source: str, target: str) -> None:
    """Add the events of one table to another; of two copies the newer stays, and the source's if they are as old.

    Each table has every event once; the source was read later. An event that is the same in both stays untouched.
    """
    connection.execute(_CHANGES.format(source=source, target=target, fingerprint=fingerprint("properties")))
    connection.execute(_WITHOUT_OLDER.format(source=source, target=target))
    connection.execute(
        f"DELETE FROM {target} WHERE rowid IN (SELECT stored_row FROM changes)"  # noqa: S608 - quoted names
    )
    connection.execute(
        f"INSERT INTO {target} SELECT * FROM {source}"  # noqa: S608 - quoted names
        " WHERE rowid IN (SELECT fresh_row FROM changes)"
    )
    connection.execute("DROP TABLE changes")
