"""The payloads of an event: its newest ones, and those that arrive while somebody waits."""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mixpanel_data.base.errors import NotFoundError
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.configuration.tracking_plan import TrackingPlan
from mixpanel_data.registry.inspecting import statements
from mixpanel_data.registry.inspecting.breaches import Breach, breaches
from mixpanel_data.registry.reading.redacting import shown
from mixpanel_data.warehouse.base import Row, Warehouse

_MINUTE = timedelta(minutes=1)
_INSTANT = timedelta(microseconds=1)
_RECENT, _OF_MONTHS = timedelta(days=2), timedelta(days=60)
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
# Of the events that one run of the collector brings; whoever looks on cannot read more.
MOST_AT_ONCE = 100
# Ids of events that were shown: many more than those of the parts of one run.
_MOST_REMEMBERED = 10_000
_SHOWN_OF_BREACH = ("rule", "property", "path", "expected")


@dataclass(frozen=True, slots=True)
class Payload:
    """One event as it is stored, redacted; times are UTC. `violations` are the rules of the plan that it breaks."""

    event_timestamp: datetime
    inserted_at: datetime
    event_id: str
    distinct_id: Any
    violations: Sequence[Mapping[str, Any]]
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Inspector:
    """Looks at the events of one name as of `now`, UTC; without a plan, none breaks a rule."""

    warehouse: Warehouse
    event_name: str
    plan: TrackingPlan | None
    redactor: Redactor
    now: datetime

    def newest(self, most: int) -> Sequence[Payload]:
        """The newest events, at most `most`, the newest first. Raises NotFoundError if there never was one."""
        return self._read(self._newest(most))

    def following(self, most: int, wait: Callable[[], None]) -> Iterator[Sequence[Payload]]:
        """The newest events, and then those that arrive, each once; `wait` is called before each look.

        Those that arrive come in order of time; of more than MOST_AT_ONCE in one look, the newest. Raises NotFoundError
        if there never was an event, and ends with what `wait` raises.
        """
        # Before the newest events are read: those that arrive meanwhile are in one of the two, or in both.
        (newest,) = self.warehouse.rows(statements.NEWEST_SEQ)
        rows, seq = self._newest(most), newest["seq"]
        shown = deque((row["event_id"] for row in rows), maxlen=_MOST_REMEMBERED)
        yield self._read(rows)
        while True:
            wait()
            (arrived,) = self.warehouse.rows(statements.ARRIVALS_AFTER, event_name=self.event_name, seq=seq)
            if arrived["seq"] is None:
                continue
            seq = arrived["seq"]
            fresh = [row for row in self._arrived(arrived) if row["event_id"] not in shown]
            shown.extend(row["event_id"] for row in fresh)
            if fresh:
                yield self._read(fresh)

    def _newest(self, most: int) -> Sequence[Row]:
        start, end = self._window_of(most)
        return self.warehouse.rows(
            statements.NEWEST_EVENTS, event_name=self.event_name, start=start, end=end, most=most
        )

    def _window_of(self, most: int) -> tuple[datetime, datetime]:
        """The minutes of the newest events, looked for among recent ones first."""
        for start in (self.now - _RECENT, self.now - _OF_MONTHS, _EARLIEST):
            (minutes,) = self.warehouse.rows(
                statements.NEWEST_MINUTES, event_name=self.event_name, start=start, end=_LATEST, most=most
            )
            if minutes["first_minute"] is not None:
                return minutes["first_minute"], minutes["last_minute"] + _MINUTE
        raise NotFoundError(
            f"There is no event {self.redactor.text(self.event_name)!r}. `mp registry events` lists all names."
        )

    def _arrived(self, arrived: Row) -> Sequence[Row]:
        """The events in the time of these arrivals: also such as other parts of the same run have brought."""
        return self.warehouse.rows(
            statements.ARRIVED_EVENTS,
            event_name=self.event_name,
            start=arrived["first_event_timestamp"],
            end=arrived["last_event_timestamp"] + _INSTANT,
            arrived_at=arrived["arrived_at"],
            most=MOST_AT_ONCE,
        )

    def _read(self, rows: Sequence[Row]) -> Sequence[Payload]:
        found = [self._breaches(row["properties"]) for row in rows]
        unmatched = self._unmatched([breach for each in found for breach in each])
        return [self._payload(row, unmatched, each) for row, each in zip(rows, found, strict=True)]

    def _breaches(self, properties: Mapping[str, Any]) -> Sequence[Breach]:
        return [] if self.plan is None else list(breaches(self.plan, self.event_name, properties))

    def _unmatched(self, found: Sequence[Breach]) -> set[tuple[str, str | None]]:
        """The texts that do not match, with their patterns."""
        pairs = list(dict.fromkeys((each.text, each.pattern) for each in found if each.pattern is not None))
        if not pairs:
            return set()
        given = [
            json.dumps({"number": number, "text": text, "pattern": pattern})
            for number, (text, pattern) in enumerate(pairs)
        ]
        return {pairs[row["number"]] for row in self.warehouse.rows(statements.UNMATCHED, given=given)}

    def _payload(self, row: Row, unmatched: set[tuple[str, str | None]], found: Sequence[Breach]) -> Payload:
        broken = [each for each in found if each.pattern is None or (each.text, each.pattern) in unmatched]
        return Payload(
            row["event_timestamp"],
            row["inserted_at"],
            self.redactor.text(row["event_id"]),
            self.redactor.value("distinct_id", row["distinct_id"]),
            [self._shown(each) for each in broken],
            self.redactor.properties(row["properties"]),
        )

    def _shown(self, breach: Breach) -> Mapping[str, Any]:
        members = asdict(breach)
        return shown({name: members[name] for name in _SHOWN_OF_BREACH}, self.redactor)
