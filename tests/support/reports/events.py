"""The history that a report reads, and all that a report depends on beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from mixpanel_data.configuration.base import Configuration
from mixpanel_data.configuration.reports.choices import By

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """One event: `time` is aware, in UTC, to the microsecond; `properties` are as `json.loads` reads them.

    `user` is the distinct id, `cluster` the cluster of the identity graph that has this id; None where there is none.
    `event_id` differs from that of every other event.
    """

    event_id: str
    time: datetime
    name: str
    user: str | None
    cluster: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """What a report depends on beside the events and its definition.

    `zone` is MIXPANEL_TIMEZONE. `as_of`, by default `now`, is the instant of dynamic segments. `saved` has what each
    name that a segment uses (`name` or `name@version`) stands for: a definition, or the ids of a frozen segment.
    `clusters` is the identity graph: the ids of each cluster.
    """

    zone: ZoneInfo
    now: datetime
    as_of: datetime | None = None
    saved: Mapping[str, Configuration | frozenset[str]] = field(default_factory=dict)
    clusters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def person_with(self, identity: str, by: By) -> str:
        """The user that has this distinct id."""
        if by is By.USER:
            return identity
        return next((cluster for cluster, ids in self.clusters.items() if identity in ids), identity)

    def ids_of(self, person: str, by: By) -> list[str]:
        """The distinct ids of a user, in the order of the identity graph."""
        return list(self.clusters.get(person, (person,))) if by is By.CLUSTER else [person]


def person_of(event: Event, by: By) -> str | None:
    """The user whose event this is; an event without an id is nobody's."""
    if not event.user:
        return None
    return event.cluster or event.user if by is By.CLUSTER else event.user


def in_order(events: Iterable[Event]) -> list[Event]:
    """Events by time; `event_id` breaks ties, so that a repeat gives the same."""
    return sorted(events, key=lambda event: (event.time, event.event_id))


def histories(events: Iterable[Event], by: By) -> dict[str, list[Event]]:
    """The events of each user in their order, users by name; nobody's events are left out."""
    found: dict[str, list[Event]] = {}
    for event in in_order(events):
        person = person_of(event, by)
        if person is not None:
            found.setdefault(person, []).append(event)
    return dict(sorted(found.items()))
