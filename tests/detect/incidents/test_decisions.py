"""An incident opens once, lasts, comes back or ends, whenever events arrive and however often a run judges them."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.detect.incidents.decisions import Decision, JudgingContext, decide
from mixpanel_data.detect.incidents.episodes import episodes
from mixpanel_data.detect.incidents.incident import AbnormalWindow, Direction, Incident, Observation, Rule, State
from mixpanel_data.detect.incidents.mutes import MutePeriod, is_muted
from mixpanel_data.detect.incidents.watched import watched_events

NOON = datetime(2040, 3, 15, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HIGH, LOW = Direction.HIGH, Direction.LOW
WATCHED = watched_events(["A", "B"], EventsConfig.model_validate({"events": [{"name": "*"}]}), "#alerts")


def minute(position: int) -> datetime:
    return NOON + position * MINUTE


def window(
    position: int, *, name: str = "A", direction: Direction = HIGH, score: float = 0.8, count: int = 9
) -> AbnormalWindow:
    """The abnormal window of one minute."""
    seen = Observation(minute(position), minute(position + 1), count, 1.0, score)
    return AbnormalWindow(name, direction, (Rule.BASELINE,), seen)


def context(now: int, **known: object) -> JudgingContext:
    """As of that minute: everything is read, and everything is new."""
    usual = JudgingContext(minute(now), minute(now), None, None, timedelta(hours=24), 5 * MINUTE)
    return replace(usual, **known)  # type: ignore[arg-type]


def decided(
    windows: Iterable[AbnormalWindow], at: JudgingContext, known: Sequence[Incident] = (), muted: Iterable[str] = ()
) -> list[Decision]:
    return decide(episodes(windows, at.gap), known, WATCHED, frozenset(muted), at)


def kept(decisions: Iterable[Decision]) -> list[Incident]:
    return [one.incident for one in decisions]


def test_abnormal_windows_without_quiet_between_them_are_one_incident() -> None:
    (one,) = decided([window(0), window(1, score=0.9, count=20), window(21)], context(22))
    assert one.opens
    assert (one.incident.first.start, one.incident.abnormal_until) == (minute(0), minute(22))
    assert (one.incident.peak.count, one.incident.state) == (20, State.OPEN)


def test_abnormal_windows_with_quiet_and_the_cooldown_between_them_are_two_incidents() -> None:
    first, second = decided([window(0), window(21)], context(22))
    assert (first.incident.state, second.incident.state) == (State.RESOLVED, State.OPEN)
    assert first.incident.incident_id != second.incident.incident_id


def test_each_event_and_direction_has_incidents_of_its_own() -> None:
    windows = [window(0), window(0, name="B"), window(0, direction=LOW)]
    assert len(decided(windows, context(2))) == 3


@pytest.mark.parametrize(("read_until", "state"), [(15, State.OPEN), (16, State.RESOLVED), (None, State.OPEN)])
def test_an_incident_is_over_after_fifteen_quiet_minutes_that_the_collector_has_read(
    read_until: int | None, state: State
) -> None:
    known = kept(decided([window(0)], context(1)))
    read = None if read_until is None else minute(read_until)
    (one,) = decided([window(0)], context(40, read_until=read), known)
    assert one.incident.state is state
    assert one.resolves == (state is State.RESOLVED)
    assert one.incident.resolved_at == (minute(16) if one.resolves else None)


def test_a_relapse_reopens_its_incident_which_ends_again() -> None:
    over = kept(decided([window(0)], context(16), kept(decided([window(0)], context(1)))))
    (back,) = decided([window(0), window(20)], context(21), over)
    assert back.reopens
    assert (back.incident.incident_id, back.incident.resolved_at) == (over[0].incident_id, None)
    (end,) = decided([window(0), window(20)], context(36), kept([back]))
    assert end.resolves
    assert end.incident.resolved_at == minute(36)


def test_a_known_incident_does_not_change_when_its_windows_do_not() -> None:
    known = kept(decided([window(0)], context(2)))
    assert [one.changes for one in decided([window(0)], context(4), known)] == [False]


def test_an_episode_that_was_judged_before_opens_no_incident() -> None:
    quiet_since = context(30, changed_from={"A": minute(25), "B": minute(0)}, judged_until=minute(20))
    assert decided([window(20)], quiet_since) == []
    assert decided([window(25)], quiet_since)
    assert decided([window(20, name="B")], quiet_since)
    assert decided([window(18, direction=LOW)], quiet_since) == []
    assert decided([window(20, direction=LOW)], quiet_since)


@pytest.mark.parametrize(("hours", "opens"), [(24, False), (23, True)])
def test_an_episode_older_than_the_most_opens_no_incident(hours: int, opens: bool) -> None:
    assert bool(decided([window(-60 * hours - 1)], context(0))) == opens


def test_a_late_window_shortly_before_an_incident_belongs_to_it() -> None:
    known = kept(decided([window(10)], context(11)))
    (one,) = decided([window(0), window(10)], context(12), known)
    assert (one.incident.incident_id, one.incident.first) == (known[0].incident_id, known[0].first)


def test_an_incident_is_muted_only_while_its_event_is() -> None:
    (one,) = decided([window(0)], context(1), muted=["A"])
    assert one.incident.is_muted
    (later,) = decided([window(0)], context(2), kept([one]))
    assert later.changes
    assert not later.incident.is_muted


def test_a_configured_mute_and_a_stored_one_hold_from_their_start_up_to_their_end() -> None:
    mute = {"from": "2040-03-15T12:00:00Z", "to": "2040-03-15T12:10:00Z", "reason": "a sale"}
    entries = {"events": [{"name": "A", "mute": [mute]}, {"name": "B"}]}
    a, b = watched_events(["A", "B"], EventsConfig.model_validate(entries), "")
    stored = [MutePeriod("B", minute(5), minute(6))]
    assert [is_muted(a, stored, minute(position)) for position in (-1, 0, 9, 10)] == [False, True, True, False]
    assert [is_muted(b, stored, minute(position)) for position in (4, 5, 6)] == [False, True, False]


# At any pace


@dataclass(frozen=True)
class Anomaly:
    """Abnormal minutes from `begin` on; the events of each arrive in two halves, with these delays in minutes."""

    name: str
    direction: Direction
    begin: int
    delays: tuple[tuple[int, int], ...]

    @property
    def minutes(self) -> range:
        return range(self.begin, self.begin + len(self.delays))


@dataclass
class Watching:
    """A collector and a detector at their paces: arrivals, the arrivals handled, and the incidents."""

    anomalies: Sequence[Anomaly]
    collected: list[int] = field(default_factory=list)
    incidents: dict[str, Incident] = field(default_factory=dict)
    handled: int | None = None
    judged_until: datetime | None = None
    opened: list[Incident] = field(default_factory=list)

    def collect(self, now: int) -> None:
        self.collected.append(now)

    def detect(self, now: int) -> None:
        if not self.collected:
            return
        windows = [*self._windows()]
        at = context(
            now, read_until=minute(self.collected[-1]), judged_until=self.judged_until, changed_from=self._changed()
        )
        decisions = decided(windows, at, list(self.incidents.values()))
        self.opened += [one.incident for one in decisions if one.opens]
        self.incidents |= {one.incident.incident_id: one.incident for one in decisions}
        self.handled, self.judged_until = len(self.collected), at.read_until

    def _windows(self) -> Iterable[AbnormalWindow]:
        """One half is abnormal, both are more so; missing events show once the collector has read past them."""
        read_until = self.collected[-1]
        for one in self.anomalies:
            for position, delays in zip(one.minutes, one.delays, strict=True):
                there = sum(self._arrived(position, delay) is not None for delay in delays)
                if one.direction is LOW and position + 1 <= read_until:
                    yield window(position, name=one.name, direction=LOW)
                elif one.direction is HIGH and there:
                    yield window(position, name=one.name, score=0.5 + 0.1 * there, count=10 * there)

    def _arrived(self, position: int, delay: int) -> int | None:
        """The reading that brings events of that minute with that delay."""
        at = bisect_right(self.collected, position + delay)
        return at if at < len(self.collected) else None

    def _changed(self) -> dict[str, datetime] | None:
        if self.handled is None:
            return None
        changed: dict[str, datetime] = {}
        for one in self.anomalies:
            for position, delays in zip(one.minutes, one.delays, strict=True):
                arrivals = [self._arrived(position, delay) for delay in delays] if one.direction is HIGH else []
                if any(at is not None and at >= self.handled for at in arrivals):
                    changed[one.name] = min(changed.get(one.name, minute(position)), minute(position))
        return changed

    def found(self) -> list[tuple[str, Direction, int]]:
        """The anomaly behind each incident."""
        return sorted(
            (one.event_name, one.direction, next(each.begin for each in self.anomalies if self._is(one, each)))
            for one in self.opened
        )

    @staticmethod
    def _is(incident: Incident, anomaly: Anomaly) -> bool:
        is_named_so = (incident.event_name, incident.direction) == (anomaly.name, anomaly.direction)
        return is_named_so and incident.first.start in map(minute, anomaly.minutes)


_DELAY = st.integers(0, 120)
_DELAYS = st.lists(st.tuples(_DELAY, _DELAY), min_size=1, max_size=8).map(tuple)


@st.composite
def _anomalies(draw: st.DrawFn) -> list[Anomaly]:
    """Some anomalies of each name and direction, with more than an incident's gap between them."""
    found = []
    for name in ("A", "B"):
        for direction in (HIGH, LOW):
            slots = draw(st.sets(st.integers(0, 5), max_size=3))
            found += [
                Anomaly(name, direction, 60 * slot + draw(st.integers(0, 30)), draw(_DELAYS)) for slot in sorted(slots)
            ]
    return found


_PACES = st.lists(st.tuples(st.sampled_from(["collect", "detect"]), st.integers(0, 90)), max_size=40)
_LAST = 10 * 60


@settings(max_examples=40)
@given(anomalies=_anomalies(), paces=_PACES)
def test_incidents_are_the_same_at_any_pace_of_collector_and_detector(
    anomalies: list[Anomaly], paces: list[tuple[str, int]]
) -> None:
    steady, other = Watching(anomalies), Watching(anomalies)
    for now in range(0, _LAST + 1, 5):
        steady.collect(now)
        steady.detect(now)
    now = 0
    for what, span in paces:
        now = min(now + span, _LAST)
        (other.collect if what == "collect" else other.detect)(now)
    other.collect(_LAST)
    other.detect(_LAST)
    assert other.found() == steady.found()
    assert steady.found() == sorted((one.name, one.direction, one.begin) for one in anomalies)
    assert {one.state for one in other.incidents.values()} <= {State.RESOLVED}
    other.detect(_LAST)
    assert len(other.opened) == len(steady.opened)
