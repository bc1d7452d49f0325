"""Events in the warehouse as a collector would have published them, for tests of the jobs that read them."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from mixpanel_data.warehouse.statements import Statement
from support.published_statements import DELETE_REPLACED_EVENTS, WRITE_GIVEN, given_rows

_NO_CHANGES = {"inserted": 0, "updated": 0, "deleted": 0}
_GIVEN_EVENTS = Statement(
    "given_events",
    "SELECT JSON_VALUE(one, '$.id') AS id, CAST(JSON_VALUE(one, '$.at') AS TIMESTAMP) AS happened_at,"
    " JSON_VALUE(one, '$.name') AS name, JSON_VALUE(one, '$.person') AS person,"
    " JSON_QUERY(PARSE_JSON(one, wide_number_mode => 'round'), '$.properties') AS properties"
    " FROM UNNEST(@given) AS one",
    {"given": "ARRAY<STRING>"},
    creates="given_events",
)
_GIVEN_ARRIVALS = given_rows(
    "given_arrivals",
    "arrived",
    day="DATE",
    name="STRING",
    inserted="INT64",
    updated="INT64",
    deleted="INT64",
    first="TIMESTAMP",
    last="TIMESTAMP",
)
_GIVEN_MINUTES = given_rows("given_minutes", "counted", minute="TIMESTAMP", name="STRING", events="INT64")
PUBLISH = (
    Statement("guard", "UPDATE job_locks SET n = n + 1 WHERE job = @job", {"job": "STRING"}),
    _GIVEN_EVENTS,
    _GIVEN_ARRIVALS,
    _GIVEN_MINUTES,
    DELETE_REPLACED_EVENTS,
    *WRITE_GIVEN,
)
"""Publishes a `Publication`, in one transaction; `run_id` and `at` are the run's id and its time."""


@dataclass(frozen=True, slots=True)
class PublishedEvent:
    """An event, `at` in ISO 8601, UTC. Without a mark, its name, person and time are its identity."""

    name: str = "Visit"
    at: str = "2040-03-10 10:00:00"
    person: str | None = "ann"
    mark: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def event_id(self) -> str:
        """An id that is readable, and in the order of the marks."""
        return self.mark or f"{self.name} of {self.person} at {self.at}"

    @property
    def happened_at(self) -> datetime:
        """`at`, aware and in UTC."""
        return datetime.fromisoformat(self.at).replace(tzinfo=UTC)

    @property
    def day(self) -> tuple[str, str]:
        """The UTC day and the name, under which arrivals count the event."""
        return self.happened_at.date().isoformat(), self.name

    @property
    def minute(self) -> tuple[str, str]:
        """The minute and the name, under which event_minutes counts the event."""
        return self.happened_at.replace(second=0, microsecond=0).isoformat(), self.name


def visit(
    person: str | None = "ann", at: str = "2040-03-10 10:00:00", mark: str = "", **properties: Any
) -> PublishedEvent:
    """Somebody came."""
    return PublishedEvent("Visit", at, person, mark, properties)


def purchase(
    person: str | None = "ann", at: str = "2040-03-10 11:00:00", mark: str = "", **properties: Any
) -> PublishedEvent:
    """Somebody bought."""
    return PublishedEvent("Purchase", at, person, mark, properties)


def with_changes(event: PublishedEvent, **changed: Any) -> PublishedEvent:
    """The same event, by its identity, with other contents."""
    return replace(event, **{"mark": event.event_id, **changed})


@dataclass(frozen=True, slots=True)
class Publication:
    """A part of a collector's run: events that are new or replace those with their ids, and events that go."""

    known: Mapping[str, PublishedEvent]
    fresh: Mapping[str, PublishedEvent]
    gone: Sequence[str]

    @classmethod
    def of(
        cls, known: Mapping[str, PublishedEvent], events: Iterable[PublishedEvent], gone: Iterable[str] = ()
    ) -> "Publication":
        """Of the events that differ from the known ones, and of those ids to go that are known."""
        fresh = {event.event_id: event for event in events if known.get(event.event_id) != event}
        return cls(known, fresh, [event_id for event_id in gone if event_id in known and event_id not in fresh])

    @property
    def changes_nothing(self) -> bool:
        """Whether there is nothing to publish."""
        return not self.fresh and not self.gone

    def known_afterwards(self) -> dict[str, PublishedEvent]:
        """All events by their ids, once it is published."""
        return {
            event_id: event for event_id, event in {**self.known, **self.fresh}.items() if event_id not in self.gone
        }

    def parameters(self) -> dict[str, Any]:
        """The parameters of PUBLISH that give the events, minutes and arrivals."""
        replaced = [self.known[event_id] for event_id in (*self.fresh, *self.gone) if event_id in self.known]
        return {
            "given": [_as_json(event) for event in self.fresh.values()],
            "replaced": [event.event_id for event in replaced],
            "arrived": self._arrivals(),
            "counted": self._minutes([*replaced, *self.fresh.values()]),
        }

    def _arrivals(self) -> list[str]:
        """A row for each day and name; an event that moves to another day leaves one and enters one."""
        changes: dict[tuple[str, str], Counter[str]] = {}
        times: dict[tuple[str, str], list[datetime]] = {}

        def count(event: PublishedEvent, change: str) -> None:
            changes.setdefault(event.day, Counter())[change] += 1
            times.setdefault(event.day, []).append(event.happened_at)

        for event_id, event in self.fresh.items():
            before = self.known.get(event_id)
            if before and before.happened_at.date() == event.happened_at.date():
                count(event, "updated")
                continue
            count(event, "inserted")
            if before:
                count(before, "deleted")
        for event_id in self.gone:
            count(self.known[event_id], "deleted")
        return [
            json.dumps(
                {"day": day, "name": name, **_NO_CHANGES, **counts}
                | {"first": min(times[day, name]).isoformat(), "last": max(times[day, name]).isoformat()}
            )
            for (day, name), counts in changes.items()
        ]

    def _minutes(self, touched: Iterable[PublishedEvent]) -> list[str]:
        """The counts that the minutes of these events have afterwards."""
        counts = Counter(event.minute for event in self.known_afterwards().values())
        return [
            json.dumps({"minute": minute, "name": name, "events": counts[minute, name]})
            for minute, name in {event.minute for event in touched}
        ]


def _as_json(event: PublishedEvent) -> str:
    person = {} if event.person is None else {"person": event.person}
    given = {"id": event.event_id, "at": event.happened_at.isoformat(), "name": event.name, **person}
    return json.dumps({**given, "properties": dict(event.properties)}, ensure_ascii=False)
