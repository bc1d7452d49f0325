"""The events that the tables must and may hold after any sequence of collections, computed from the lines alone.

Of two copies of an event, the one that Mixpanel stored later stands; of copies stored at the same time, the one that
was read later, because ids get resolved and time zones corrected in between.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from support import event_oracle
from support.event_oracle import Event

OVERLAP = timedelta(hours=1)
"""By how much two readings of arrivals overlap."""

SLOW = timedelta(minutes=30)
"""How long after its storage an event can become visible: less than the overlap, or no reading could be complete."""

_FIRST_READING = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that Mixpanel has, and the day that it exports it with."""

    text: bytes
    day: date


@dataclass(frozen=True, slots=True)
class Owed:
    """The served events that a run must bring: `exactly` as served, or newer; `at_least` as old, or newer; and those
    that it may bring too."""

    exactly: Mapping[str, Event]
    at_least: Mapping[str, Event]
    at_most: frozenset[str]


@dataclass
class CollectionModel:
    """`known` are the rows after the last run, `versions` everything that was ever served, both by event_id."""

    known: dict[str, Event] = field(default_factory=dict)
    versions: dict[str, set[Event]] = field(default_factory=dict)

    def note_versions(self, lines: Iterable[bytes], zone: ZoneInfo) -> None:
        """Take note of what Mixpanel serves now."""
        for line in lines:
            try:
                event, _ = event_oracle.read(line, zone)
            except event_oracle.NoEventError:
                continue
            self.versions.setdefault(event.event_id, set()).add(event)

    def follow(self, rows: Mapping[str, Event], owed: Iterable[Owed]) -> None:
        """Hold the rows to what runs owed since the last time, and take them as known."""
        allowed: set[str] = set()
        for each in owed:
            allowed |= each.at_most
            for event_id, served in each.exactly.items():
                assert rows.get(event_id) == self._newest(served), "an event does not stand as it was served"
            for event_id, served in each.at_least.items():
                assert event_id in rows, f"an event is missing: {served}"
                assert stored_ms(rows[event_id]) >= stored_ms(served), f"a newer copy is missing: {served}"
        changed = {
            event_id for event_id in rows.keys() | self.known.keys() if rows.get(event_id) != self.known.get(event_id)
        }
        assert changed <= allowed, "an event changed that no run was about"
        for event_id in changed:
            assert rows.get(event_id) in self.versions[event_id], "an event stands as it was never served"
            if event_id in self.known:
                assert stored_ms(rows[event_id]) >= stored_ms(self.known[event_id]), "an older copy won"
        self.known = dict(rows)

    def _newest(self, served: Event) -> Event:
        known = self.known.get(served.event_id)
        return served if known is None or stored_ms(known) <= stored_ms(served) else known


@dataclass
class ArrivalsPromise:
    """Which events a run over arrivals owes, by the time at which Mixpanel stored them.

    All that was stored since the last such run that ended well, less the overlap; before there is one, since a day
    before the first. A run that takes over from one that did not end owes nothing that was stored after that began.
    """

    stored_from: datetime | None = None
    last_read_at: datetime | None = None
    unfinished_since: datetime | None = None

    def bounds(self, now: datetime) -> tuple[datetime, datetime]:
        """The first and the last time of storage that a run owes which begins now."""
        until = now if self.unfinished_since is None else self.unfinished_since - SLOW
        return self.stored_from or now - _FIRST_READING, until

    def ended_well(self, started_at: datetime) -> None:
        """A run over arrivals of all enabled events ended well; one that began later may have done so before it."""
        stored_from = (self.unfinished_since or started_at) - OVERLAP
        self.stored_from = max(self.stored_from or stored_from, stored_from)
        self.last_read_at = max(self.last_read_at or started_at, started_at)
        self.unfinished_since = None

    def failed(self, started_at: datetime) -> None:
        """A run over arrivals of all enabled events began, and did not end well."""
        self.stored_from = self.stored_from or started_at - _FIRST_READING
        self.unfinished_since = self.unfinished_since or started_at

    def configuration_changed(self) -> None:
        """What a run has left out because it was not enabled then, no later one owes."""
        if self.stored_from and self.last_read_at:
            self.stored_from = max(self.stored_from, self.last_read_at - OVERLAP)


def stored_ms(event: Event) -> int:
    """When Mixpanel stored an event, in milliseconds since 1970; -1 if the event does not say."""
    return -1 if event.mp_processing_time_ms is None else event.mp_processing_time_ms
