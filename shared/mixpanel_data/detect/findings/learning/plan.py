"""The plan of a run: the names that are worth it, in what order, and how many of them share the budget.

Anybody can invent names, because the token of a project is public. So a name costs nothing before it has a few events;
names with a baseline and much traffic come first, new ones last; and only names that can be abnormal share the budget
of false alerts.

1. A name is known once it has a stored baseline, or as many recent events as the smallest burst or threshold.
2. Its events so far are those of its baseline, or of the history that it would be learned from, and the recent ones.
3. It is compared with its baseline once it is a day old and has ten events.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import floor

from mixpanel_data.base.window import Window
from mixpanel_data.configuration.events import EventsConfig, EventSelection
from mixpanel_data.detect.findings.learning.baselines_table import (
    LEARNED_FROM,
    LEAST_EVENTS,
    StoredBaseline,
    is_expired,
)
from mixpanel_data.detect.findings.learning.minute_counts import (
    RecentMinutes,
    Total,
    recent_minutes,
    rounded_down,
    rounded_up,
    totals,
)
from mixpanel_data.detect.findings.learning.names import Names
from mixpanel_data.detect.findings.learning.watching import HOUR, known_time, watching
from mixpanel_data.detect.incidents.watched import WatchedEvent, shares_of_budget, watched_events
from mixpanel_data.detect.statistics.forecasting.baseline import HOURS_BEFORE_JUDGING
from mixpanel_data.detect.statistics.scoring.counts import cut_deviate
from mixpanel_data.detect.statistics.scoring.deviates import LEAST_BURST_EVENTS
from mixpanel_data.warehouse.base import Warehouse

NAMES_AT_ONCE = 80
"""Names that are learned and scored together, some 250 MB: of fewer, each takes longer; more need more memory."""

# Windows of a day that end within the last day reach back two days; the rest is a margin.
_JUDGED = timedelta(hours=50)
# A baseline is stored every few hours, not in every run.
_STORED_EVERY = timedelta(hours=6)
MOST_LAG = _JUDGED + 2 * _STORED_EVERY
"""How far a baseline is behind at most if every run has learned on from it."""

# To learn a day takes little beside the rest of a run.
_SOON_LEARNED = timedelta(days=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PlannedName:
    """A name that a run takes up. All times UTC.

    `stored`: its baseline, None where all has to be learned, perhaps again. `since`: the end of what its baseline has
    learned. `known`: the time from then on without that in which nobody watched the event. `events`: how many it has
    had so far. `is_old_at`: when it is old enough to be compared with its baseline.
    """

    watched: WatchedEvent
    stored: StoredBaseline | None
    since: datetime
    known: tuple[Window, ...]
    events: int
    is_old_at: datetime

    @property
    def event_name(self) -> str:
        """The event's name."""
        return self.watched.event_name

    @property
    def is_judged(self) -> bool:
        """True where any rule can find the event abnormal."""
        return self.watched.uses_baseline or self.watched.entry.alert_threshold is not None


@dataclass(frozen=True, slots=True)
class Group:
    """Names that are learned and judged together, because they have the same time to do so."""

    names: Sequence[PlannedName]
    since: datetime
    known: tuple[Window, ...]
    is_stored: bool
    is_judged: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """The names of a run that judges [`start`, `end`), UTC; `cut` as in CountsModel.

    `relearned`: those whose past was collected after they had learned it. `has_expired`: some baselines can be deleted.
    `recent` are the counts of that time, and `states` what stored baselines learned, as far as they are at hand.
    `holds_until`: a run before then plans the same if nothing arrives. `young`: names without an event before `start`.
    """

    names: Sequence[PlannedName]
    start: datetime
    end: datetime
    cut: float
    relearned: frozenset[str]
    has_expired: bool
    holds_until: datetime
    young: frozenset[str]
    # What was read is no part of what is planned.
    recent: RecentMinutes = field(compare=False)
    states: Mapping[str, str] = field(compare=False)

    @property
    def watched(self) -> list[WatchedEvent]:
        """The events of the plan, in alphabetical order."""
        return sorted((name.watched for name in self.names), key=lambda event: event.event_name)

    def groups(self, only: str | None = None, names_at_once: int = NAMES_AT_ONCE) -> Iterator[Group]:
        """The names that there is something to do about, the most important first; or `only` this one."""
        together: dict[tuple[int, datetime, tuple[Window, ...], bool, bool], list[PlannedName]] = {}
        for name in self.names:
            is_judged = name.is_judged or name.event_name == only
            if only in (None, name.event_name) and (is_judged or name.since < self.start):
                rank = _rank(name, self.start)
                together.setdefault((rank, name.since, name.known, name.stored is not None, is_judged), []).append(name)
        for _, since, known, is_stored, is_judged in sorted(together, key=lambda key: key[0]):
            names = together[_, since, known, is_stored, is_judged]
            for at in range(0, len(names), names_at_once):
                yield Group(names[at : at + names_at_once], since, known, is_stored, is_judged)


def judged_from(as_of: datetime) -> datetime:
    """The first minute that a run judges as of then."""
    return rounded_down(as_of - _JUDGED, _STORED_EVERY)


def oldest_learned(as_of: datetime) -> datetime:
    """The first minute that such a run may learn from."""
    return judged_from(as_of) - LEARNED_FROM


def plan_names(
    warehouse: Warehouse,
    names: Names,
    events: EventsConfig,
    selection: EventSelection,
    default_channel: str,
    as_of: datetime,
    *,
    asked_for: str | None = None,
    young: frozenset[str] = frozenset(),
) -> Plan:
    """The plan of a run as of then; a name that is `asked_for` is in it if it has any event.

    `young` are names that are known to have no event before `judged_from`. Raises the warehouse's errors.
    """
    start, end, oldest = judged_from(as_of), rounded_up(as_of), oldest_learned(as_of)
    changes_at = start + _JUDGED + _STORED_EVERY
    expired = {name for name, known in names.stored.items() if is_expired(known, start)}
    stored = {
        name: known
        for name, known in names.stored.items()
        if name in selection and name not in expired | names.late and oldest < known.learned_until <= start
    }
    minutes = recent_minutes(warehouse, selection, start, end, least=_least_recent(events), ahead=changes_at)
    recent = dict(minutes.totals)
    if asked_for is not None:
        recent |= totals(warehouse, EventSelection([asked_for], names_are_wanted=True), start, end)
    late = {name for name in names.late if name in selection and name not in expired}
    new = sorted((recent.keys() | late) - stored.keys())
    # Nine weeks of minutes cost more than the rest of a run.
    unknown = EventSelection([name for name in new if name not in young], names_are_wanted=True)
    before = totals(warehouse, unknown, oldest, start) if unknown.names else {}
    since = {name: known.learned_until for name, known in stored.items()}
    since |= {name: oldest if name in before else start for name in new}
    watched = watched_events(since, events, default_channel)
    known = _known_times(warehouse, since, Window(start, end), as_of)
    planned = [_planned(event, stored.get(event.event_name), since, known, before, recent, as_of) for event in watched]
    planned.sort(key=lambda name: -name.events)
    return Plan(
        planned,
        start,
        end,
        cut_of([name.watched for name in planned], events),
        frozenset(late),
        bool(expired),
        _holds_until(planned, minutes, changes_at, as_of),
        frozenset(new) - before.keys(),
        minutes,
        names.states,
    )


def _holds_until(
    names: Iterable[PlannedName], recent: RecentMinutes, changes_at: datetime, as_of: datetime
) -> datetime:
    """The first time at which the plan may be another one though nothing arrived.

    Baselines are stored anew, a name has become old enough, a minute of a clock that is ahead begins, or the hour does
    from which an event is watched again.
    """
    times = [changes_at, *(name.is_old_at for name in names if name.is_old_at > as_of)]
    if recent.next_minute is not None:
        times.append(recent.next_minute)
    hour_end = rounded_up(rounded_up(as_of), HOUR)
    if any(name.known != (Window(name.since, hour_end),) for name in names):
        times.append(hour_end)
    return min(times)


def cut_of(watched: Sequence[WatchedEvent], events: EventsConfig) -> float:
    """The cut that the budget of false alerts leaves to each event that is compared with its baseline."""
    return cut_deviate(max(shares_of_budget(watched), 1), events.false_alerts_per_week)


def _least_recent(events: EventsConfig) -> int:
    """The recent events from which a name without a baseline can be abnormal: a burst, or more than a threshold."""
    thresholds = [event.alert_threshold for event in events.events if event.enabled and event.alert_threshold]
    return min([LEAST_BURST_EVENTS, *(floor(threshold) + 1 for threshold in thresholds)])


def _planned(
    event: WatchedEvent,
    stored: StoredBaseline | None,
    since: Mapping[str, datetime],
    known: Mapping[str, tuple[Window, ...]],
    before: Mapping[str, Total],
    recent: Mapping[str, Total],
    as_of: datetime,
) -> PlannedName:
    name = event.event_name
    counted = [each[name] for each in (before, recent) if name in each]
    so_far = sum(total.events for total in counted) + (stored.events if stored else 0)
    first_event_at = (stored and stored.first_event_at) or min((total.first_minute for total in counted), default=as_of)
    is_old_at = rounded_down(first_event_at, HOUR) + HOURS_BEFORE_JUDGING * HOUR
    if is_old_at > as_of or so_far < LEAST_EVENTS:
        event = replace(event, entry=event.entry.model_copy(update={"baseline": False, "silence": False}))
    return PlannedName(event, stored, since[name], known[name], so_far, is_old_at)


def _rank(name: PlannedName, start: datetime) -> int:
    """Names that are ready come first, then those with a history to learn, then new ones; those to learn alone last."""
    if not name.is_judged:
        return 3
    if name.stored is None:
        return 1 if name.since < start else 2
    return 0 if name.since >= start - _SOON_LEARNED else 1


def _known_times(
    warehouse: Warehouse, since: Mapping[str, datetime], judged: Window, as_of: datetime
) -> dict[str, tuple[Window, ...]]:
    """For each name the time from `since` on, up to the hour in which the judged time ends, without gaps."""
    end = rounded_up(judged.end, HOUR)
    oldest = min([judged.start, *since.values()])
    runs = watching(warehouse, since=oldest - _DAY, as_of=as_of)
    gaps = {name: runs.gaps(name) for name in since}
    first_events = _first_events(warehouse, gaps, end)
    return {
        name: known_time(Window(since[name], end), [(gap, first_events.get((name, gap))) for gap in gaps[name]])
        for name in since
    }


def _first_events(
    warehouse: Warehouse, gaps: Mapping[str, Iterable[Window]], end: datetime
) -> dict[tuple[str, Window], datetime]:
    """The first minute after each gap in which the name has an event."""
    names: dict[Window, list[str]] = {}
    for name, own in gaps.items():
        for gap in own:
            if gap.end < end:
                names.setdefault(gap, []).append(name)
    return {
        (name, gap): total.first_minute
        for gap, with_it in names.items()
        for name, total in totals(warehouse, EventSelection(with_it, names_are_wanted=True), gap.end, end).items()
    }
