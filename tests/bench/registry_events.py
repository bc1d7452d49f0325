"""Invented events in a file of DuckDB, as a collector leaves them, for measuring the event registry."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from bench.registry_run import session
from mixpanel_data.warehouse.statements import Statement

_DAY = timedelta(days=1)
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_COLUMNS = """
INSERT INTO mixpanel_data.mixpanel_events
  (event_timestamp, inserted_at, event_name, properties, distinct_id, event_id, read_at, contents_fingerprint)
"""
# 27 keys an event, about 700 bytes.
_ORDINARY = """
SELECT
  moment, moment, 'Event ' || number % $names,
  json_object(
    'time', epoch(moment)::BIGINT, 'distinct_id', 'user ' || draw % 50000, '$insert_id', md5(number::VARCHAR),
    '$device_id', md5((draw % 60000)::VARCHAR), '$user_id', 'user ' || draw % 50000, '$city', city,
    'mp_country_code', 'DE', '$region', 'Berlin', '$os', 'iOS', '$os_version', '17.' || draw % 5,
    '$browser', 'Chrome', '$browser_version', 131, '$screen_height', 2340, '$screen_width', 1080,
    '$lib_version', '2.' || draw % 9 || '.0', 'mp_lib', 'swift', '$app_version_string', '4.' || draw % 40,
    '$current_url', 'https://shop.example/products/' || draw % 1000, 'mp_processing_time_ms', epoch_ms(moment),
    'plan', ['free', 'gold', 'silver'][1 + draw % 3], 'amount', draw % 10000 / 100, 'level', draw % 50,
    'is_new', draw % 7 = 0, 'note', repeat('lorem ipsum ', 1 + draw % 5), 'items', [draw % 100, draw % 90],
    'cart', {'city': city, 'total': draw % 500}, 'coupon', if(draw % 4 = 0, 'c' || draw % 12, NULL)
  ),
  'user ' || draw % 50000, sha256($start::VARCHAR || number), moment, number
FROM (
  SELECT
    number, (hash(number, $start) >> 2)::BIGINT AS draw,
    $start + to_microseconds((number * 86400000000 // $events)::BIGINT) AS moment,
    ['Berlin', 'Paris', 'Tokyo', 'Lagos'][1 + number % 4] AS city
  FROM range($events) AS numbers(number)
)
"""
# Half of a name's properties are its own; of one event, all are there.
_WIDE = """
SELECT
  $start, $start, 'Name ' || name,
  '{' || string_agg(
    '"' || if(place % 2 = 0, 'shared ' || place, name || ' own ' || place) || '":'
    || ['1', '"text"', 'true', '2.5', 'null'][1 + place % 5], ','
  ) || '}',
  'ann', sha256($start::VARCHAR || name || '-' || number), $start, name
FROM range($names) AS names(name), range($events) AS numbers(number), range($keys) AS places(place)
GROUP BY name, number
"""
_MANY_KEYS = """
SELECT
  $start, $start, 'Keys', '{' || string_agg('"key ' || place || '":' || place, ',') || '}', 'ann',
  sha256($start::VARCHAR || place // 100), $start, place // 100
FROM range($keys) AS places(place)
GROUP BY place // 100
"""
_GIVEN = """
SELECT
  moment, moment, name, properties, properties ->> 'distinct_id', sha256(concat_ws(chr(31), name, moment, mark)),
  moment, 0
FROM given
QUALIFY row_number() OVER (PARTITION BY name, moment, mark) = 1
"""
_MINUTES = """
INSERT INTO mixpanel_data.event_minutes (minute, event_name, events, last_changed)
SELECT date_trunc('minute', event_timestamp), event_name, count(*), max(event_timestamp)
FROM mixpanel_data.mixpanel_events
WHERE event_timestamp >= $start AND event_timestamp < $end
GROUP BY ALL
"""
_ARRIVALS = """
INSERT INTO mixpanel_data.event_arrivals
  (seq, run_id, arrived_at, day, event_name, inserted, updated, deleted, first_event_timestamp, last_event_timestamp)
SELECT
  (SELECT coalesce(max(seq), 0) + 1 FROM mixpanel_data.event_arrivals), 'r', max(event_timestamp),
  event_timestamp::DATE, event_name, count(*), 0, 0, min(event_timestamp), max(event_timestamp)
FROM mixpanel_data.mixpanel_events
WHERE event_timestamp >= $start AND event_timestamp < $end
GROUP BY event_timestamp::DATE, event_name
"""


def dataset(path: Path) -> Path:
    """A file with empty tables."""
    with session(path) as opened:
        opened.warehouse.rows(Statement("nothing", "SELECT 1 AS one FROM job_locks"))
    return path


def add_days(path: Path, starts: Iterable[datetime], events: int, names: int) -> None:
    """Add days, which begin at `starts`, of ordinary events of so many names, `events` a day."""
    _add(path, _ORDINARY, starts, events=events, names=names)


def add_wide(path: Path, starts: Iterable[datetime], *, events: int, names: int, keys: int) -> None:
    """Add so many events a day to each of many names, each event with all properties of its name."""
    _add(path, _WIDE, starts, events=events, names=names, keys=keys)


def add_many_keys(path: Path, starts: Iterable[datetime], keys: int) -> None:
    """Add events of one name, which have so many keys together, 100 each."""
    _add(path, _MANY_KEYS, starts, keys=keys)


def add_given(path: Path, given: str, parameters: Sequence[object]) -> None:
    """Add the events that a query gives: name, moment, mark (which tells events of one time apart) and properties."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"CREATE TEMP TABLE given AS {given}", parameters)
        connection.execute("BEGIN")
        connection.execute(_COLUMNS + _GIVEN)
        for statement in (_MINUTES, _ARRIVALS):
            connection.execute(statement, {"start": _FIRST, "end": _LAST})
        connection.execute("COMMIT")


def _add(path: Path, sql: str, starts: Iterable[datetime], **parameters: int) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for start in starts:
            connection.execute("BEGIN")
            connection.execute(_COLUMNS + sql, {"start": start, **parameters})
            for statement in (_MINUTES, _ARRIVALS):
                connection.execute(statement, {"start": start, "end": start + _DAY})
            connection.execute("COMMIT")
