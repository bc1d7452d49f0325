"""Events that reach Mixpanel late, and a collector that brings them, for tests of the detector.

Each event has the time when it happened and the time when Mixpanel stored it; a collection brings what was stored, and
shown to exports, since the one before.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from mixpanel_data.warehouse.statements import Statement
from support.engines import Engine, opened
from support.published_counts import RECORD_RUN
from support.published_statements import WRITE_GIVEN

Floats = NDArray[np.float64]
Delay = Callable[[np.random.Generator, Floats], Floats]
"""Seconds from when events happen (given in seconds since 1970) until Mixpanel stores them."""

_SCALE, _EARLIEST_MS = 10**9, 10**7
# A code is second * _SCALE + delay in milliseconds, which may be negative, + _EARLIEST_MS.
_INSERT_EVENTS = Statement(
    "events",
    "INSERT INTO mixpanel_events (event_timestamp, inserted_at, event_name, properties, distinct_id, event_id,"
    " mp_processing_time_ms, read_at, contents_fingerprint)"
    " SELECT happened_at, @at, name, PARSE_JSON('{}'), 'ann', id, stored_ms, @at, 0 FROM given_events",
    {"at": "TIMESTAMP"},
)
_GIVEN = (
    Statement(
        "given_events",
        f"SELECT TIMESTAMP_SECONDS(DIV(code, {_SCALE})) AS happened_at,"
        f" 1000 * DIV(code, {_SCALE}) + MOD(code, {_SCALE}) - {_EARLIEST_MS} AS stored_ms, @event_name AS name,"
        " CONCAT(@run_id, @event_name, CAST(number AS STRING)) AS id"
        " FROM UNNEST(@codes) AS code WITH OFFSET AS number",
        {"codes": "ARRAY<INT64>", "event_name": "STRING", "run_id": "STRING"},
        creates="given_events",
    ),
    Statement(
        "given_minutes",
        "SELECT given.minute, given.name, given.events + COALESCE(known.events, 0) AS events FROM ("
        " SELECT TIMESTAMP_TRUNC(happened_at, MINUTE) AS minute, name, COUNT(*) AS events"
        " FROM given_events GROUP BY minute, name) AS given LEFT JOIN event_minutes AS known"
        " ON known.minute = given.minute AND known.event_name = given.name",
        creates="given_minutes",
    ),
    Statement(
        "given_arrivals",
        "SELECT DATE(happened_at) AS day, name, COUNT(*) AS inserted, 0 AS updated, 0 AS deleted,"
        " MIN(happened_at) AS first, MAX(happened_at) AS last FROM given_events GROUP BY day, name",
        creates="given_arrivals",
    ),
    _INSERT_EVENTS,
    *WRITE_GIVEN[1:],
)


@dataclass(frozen=True, slots=True)
class LateEvents:
    """The events of one name: the second that each happened in, and the millisecond of its storage, since 1970 UTC."""

    happened_s: NDArray[np.int64]
    stored_ms: NDArray[np.int64]

    @classmethod
    def drawn(
        cls,
        random: np.random.Generator,
        start: datetime,
        end: datetime,
        per_minute: float,
        delay: Delay,
        without: Iterable[tuple[datetime, datetime]] = (),
    ) -> "LateEvents":
        """Single events at a steady rate, none of them in the spans `without`."""
        first, seconds = start.timestamp(), (end - start).total_seconds()
        happened = first + np.sort(random.random(random.poisson(per_minute * seconds / 60.0))) * seconds
        for since, until in without:
            happened = happened[(happened < since.timestamp()) | (happened >= until.timestamp())]
        stored = happened + delay(random, happened)
        return cls(happened.astype(np.int64), (stored * 1000).astype(np.int64))

    def shown(self, since: datetime, until: datetime, lag: timedelta) -> NDArray[np.int64]:
        """Those that exports show from `since` to `until`, `lag` after they were stored; one code each."""
        shown_ms = self.stored_ms + lag // timedelta(milliseconds=1)
        is_new = (shown_ms >= since.timestamp() * 1000) & (shown_ms < until.timestamp() * 1000)
        codes: NDArray[np.int64] = (self.happened_s * _SCALE + self.stored_ms - 1000 * self.happened_s + _EARLIEST_MS)[
            is_new
        ]
        return codes


@dataclass
class LateCollector:
    """Collects late events into a dataset. `lag` is how long exports take to show what is stored."""

    engine: Engine
    events: Mapping[str, LateEvents]
    lag: timedelta = timedelta(0)
    collected_until: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    _runs: list[datetime] = field(default_factory=list)

    def collect(self, now: datetime) -> None:
        """One run of the collector."""
        self._runs.append(now)
        run_id = f"late-collector-{len(self._runs)}"
        with opened(self.engine) as warehouse:
            for name, events in self.events.items():
                codes = events.shown(self.collected_until, now, self.lag).tolist()
                if codes:
                    warehouse.transact(f"{run_id}-{name}", _GIVEN, codes=codes, event_name=name, run_id=run_id, at=now)
            warehouse.transact(run_id, [RECORD_RUN], run_id=run_id, at=now, read_until=now)
        self.collected_until = now


def at_once(random: np.random.Generator, happened: Floats) -> Floats:
    """No delay but a fraction of a second."""
    return random.random(len(happened)) * 0.2


def uniform_delay(most_seconds: float) -> Delay:
    """0 to `most_seconds`, every delay as likely."""
    return lambda random, happened: random.random(len(happened)) * most_seconds


def some_late(share: float, most_seconds: float) -> Delay:
    """A share of the events up to `most_seconds` late, the others at once."""
    return lambda random, happened: np.where(
        random.random(len(happened)) < share, random.random(len(happened)) * most_seconds, 0.2
    )


def changing(before: Delay, change: datetime, after: Delay) -> Delay:
    """Another delay from some time on."""
    since = change.timestamp()
    return lambda random, happened: np.where(happened < since, before(random, happened), after(random, happened))


def every(seconds: float) -> Delay:
    """Held back until the next multiple of so many seconds: clients that send in batches."""
    return lambda _, happened: -happened % seconds
