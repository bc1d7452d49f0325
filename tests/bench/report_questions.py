"""What the benchmark of reports asks, and the SQL that a person would write for the same figures."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mixpanel_data.reports.answers.answer import Answer

Figures = frozenset[tuple[Any, ...]]
"""What an answer and the rows of the SQL have to share."""

_WINDOW = "event_timestamp >= TIMESTAMPTZ '{} 00:00:00+00' AND event_timestamp < TIMESTAMPTZ '{} 00:00:00+00'"
_ALL = _WINDOW.format("2026-01-01", "2026-04-01")
_EVENTS = "mixpanel_data.mixpanel_events"
_WEEK = 7 * 86_400_000_000

# An attempt goes on unless a Logout lies more than the grace of 2 s after the step before and before the step.
_FUNNEL = f"""
WITH
  e AS (
    SELECT distinct_id AS u, event_name AS n, epoch_us(event_timestamp) AS t FROM {_EVENTS}
    WHERE event_name IN ('View Item', 'Add To Cart', 'Purchase', 'Logout') AND {_ALL}
  ),
  one AS (
    SELECT u, min(t) AS t1 FROM e
    WHERE n = 'View Item' AND t < epoch_us(TIMESTAMPTZ '2026-03-25 00:00:00+00') GROUP BY u
  ),
  two AS (
    SELECT u, t1, greatest(t1, min(t) FILTER (n = 'Add To Cart')) AS t2
    FROM one JOIN e USING (u)
    WHERE t BETWEEN t1 - 2000000 AND t1 + {_WEEK} AND n IN ('Add To Cart', 'Logout')
    GROUP BY u, t1
    HAVING
      min(t) FILTER (n = 'Add To Cart')
      <= coalesce(min(t) FILTER (n = 'Logout' AND t > t1 + 2000000) + 2000000, t1 + {_WEEK})
  ),
  three AS (
    SELECT u, t1, t2, greatest(t2, min(t) FILTER (n = 'Purchase')) AS t3
    FROM two JOIN e USING (u)
    WHERE t BETWEEN t2 - 2000000 AND t1 + {_WEEK} AND n IN ('Purchase', 'Logout')
    GROUP BY u, t1, t2
    HAVING
      min(t) FILTER (n = 'Purchase')
      <= coalesce(min(t) FILTER (n = 'Logout' AND t > t2 + 2000000) + 2000000, t1 + {_WEEK})
  )
SELECT 1, count(*), NULL FROM one
UNION ALL SELECT 2, count(*), median(t2 - t1) FROM two
UNION ALL SELECT 3, count(*), median(t3 - t2) FROM three
"""
_RETENTION = f"""
WITH
  e AS (
    SELECT distinct_id AS u, epoch_us(event_timestamp) AS t FROM {_EVENTS}
    WHERE {_WINDOW.format("2026-01-01", "2026-03-04")}
  ),
  born AS (
    SELECT u, min(t) AS b FROM e WHERE t < epoch_us(TIMESTAMPTZ '2026-02-01 00:00:00+00') GROUP BY u
  ),
  back AS (
    SELECT DISTINCT u, make_timestamp(b)::DATE AS cohort, (t - b) // 86400000000 AS bucket
    FROM born JOIN e USING (u)
    WHERE t > b AND t - b < 31 * 86400000000
  )
SELECT cohort, bucket, count(*) FROM back GROUP BY ALL
"""
_ACTIVE_USERS = f"""
WITH
  e AS (
    SELECT DISTINCT distinct_id AS u, event_timestamp::DATE AS d FROM {_EVENTS}
    WHERE {_WINDOW.format("2026-01-31", "2026-03-31")}
  ),
  days AS (SELECT unnest(generate_series(DATE '2026-03-01', DATE '2026-03-30', INTERVAL 1 DAY))::DATE AS day)
SELECT day, count(DISTINCT u) FILTER (d = day), count(DISTINCT u) FILTER (d > day - 7), count(DISTINCT u)
FROM days JOIN e ON d <= day AND d > day - 30
GROUP BY day
"""
_SEGMENTATION = f"""
WITH e AS (
  SELECT event_timestamp::DATE AS d, coalesce(properties ->> '$.plan', 'undefined') AS p FROM {_EVENTS}
  WHERE event_name = 'Page View' AND {_ALL}
)
SELECT p, d, count(*) FROM e GROUP BY GROUPING SETS ((p, d), (p)) HAVING d IS NOT NULL
"""
_SESSIONS = f"""
WITH
  e AS (
    SELECT distinct_id AS u, event_timestamp AS t, event_timestamp::DATE AS d, event_id AS i, event_name AS n
    FROM {_EVENTS} WHERE {_ALL}
  ),
  marked AS (
    SELECT *, coalesce(t - lag(t) OVER w > INTERVAL 30 MINUTE OR d > lag(d) OVER w, TRUE) AS f
    FROM e WINDOW w AS (PARTITION BY u ORDER BY t, i)
  ),
  numbered AS (
    SELECT *, sum(f::INT) OVER (PARTITION BY u ORDER BY t, i ROWS UNBOUNDED PRECEDING) AS k FROM marked
  ),
  sessions AS (
    SELECT
      u, min(d) AS d, epoch_us(max(t)) - epoch_us(min(t)) AS length, count(*) AS events,
      arg_min(n, (t, i)) AS entry, arg_max(n, (t, i)) AS exit
    FROM numbered GROUP BY u, k
  )
SELECT d::VARCHAR, count(*), count(DISTINCT u), sum(events), median(length), count(*) FILTER (events = 1)
FROM sessions GROUP BY d
UNION ALL
SELECT 'total', count(*), count(DISTINCT u), sum(events), median(length), count(*) FILTER (events = 1) FROM sessions
UNION ALL SELECT 'entry ' || entry, count(*), NULL, NULL, NULL, NULL FROM sessions GROUP BY entry
UNION ALL SELECT 'exit ' || exit, count(*), NULL, NULL, NULL, NULL FROM sessions GROUP BY exit
"""


def _funnel(answer: Answer) -> Iterable[tuple[Any, ...]]:
    for row in answer.rows:
        median = row["median_seconds"]
        yield row["step"], row["count"], None if median is None else median * 1_000_000


def _retention(answer: Answer) -> Iterable[tuple[Any, ...]]:
    return ((row["cohort"], row["bucket"], row["users"]) for row in answer.rows if row["users"])


def _active_users(answer: Answer) -> Iterable[tuple[Any, ...]]:
    return ((row["period"], row["dau"], row["wau"], row["mau"]) for row in answer.rows)


def _segmentation(answer: Answer) -> Iterable[tuple[Any, ...]]:
    return ((row["segment"], row["period"], row["value"]) for row in answer.rows)


def _sessions(answer: Answer) -> Iterable[tuple[Any, ...]]:
    (part,) = answer.parts
    for name, row in [*((str(row["period"]), row) for row in part["rows"]), ("total", part["total"])]:
        counts = (row["sessions"], row["users"], row["events"])
        yield name, *counts, row["median_seconds"] * 1_000_000, row["single_event_sessions"]
    for place, rows in (("entry", part["entries"]), ("exit", part["exits"])):
        for row in rows:
            yield f"{place} {row['event']}", row["sessions"], None, None, None, None


def _none(_: Answer) -> Iterable[tuple[Any, ...]]:
    return ()


@dataclass(frozen=True, slots=True)
class Question:
    """A report and its fields; the same in SQL, unless nobody would write it; and the most that a report may take.

    `most` is a share of the CPU time by hand, `most_seconds` CPU seconds a million events; of both, as far as given.
    """

    what: str
    report: str
    fields: Mapping[str, Any]
    by_hand: str | None = None
    figures_of: Callable[[Answer], Iterable[tuple[Any, ...]]] = _none
    most: float | None = None
    most_seconds: float | None = None


_QUARTER = {"from_date": "2026-01-01", "to_date": "2026-03-31", "timezone": "UTC"}
_STEPS = {
    **_QUARTER,
    "to_date": "2026-03-24",
    "steps": ["View Item", "Add To Cart", "Purchase"],
    "exclude": ["Logout"],
}

QUESTIONS = (
    Question("funnel of 3 steps, an exclusion, users", "funnel", _STEPS, _FUNNEL, _funnel, most=2),
    Question("the same, attempts", "funnel", {**_STEPS, "count": "attempts"}, most_seconds=3),
    Question(
        "retention, any return, 31 buckets",
        "retention",
        {**_QUARTER, "to_date": "2026-01-31", "buckets": 30},
        _RETENTION,
        _retention,
        most=2,
    ),
    Question(
        "active users of 30 days",
        "active_users",
        {**_QUARTER, "from_date": "2026-03-01", "to_date": "2026-03-30"},
        _ACTIVE_USERS,
        _active_users,
        most=0.5,
        most_seconds=0.4,
    ),
    Question(
        "one event by one property",
        "segmentation",
        {**_QUARTER, "events": "Page View", "on": "plan"},
        _SEGMENTATION,
        _segmentation,
        most=1.5,
    ),
    Question("sessions", "sessions", _QUARTER, _SESSIONS, _sessions, most_seconds=4),
)
"""Each over the first quarter of 2026, of which the benchmark makes events."""
