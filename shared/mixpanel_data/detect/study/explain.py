"""Explains one event: its counts, the expected band, and the rules by which it is abnormal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import RequestError
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.detect.findings import progress
from mixpanel_data.detect.findings.judged_minutes import JudgedMinutes
from mixpanel_data.detect.findings.judging import scored_alone, windows_of
from mixpanel_data.detect.incidents.alerts_table import recent_incidents
from mixpanel_data.detect.incidents.episodes import episodes
from mixpanel_data.detect.incidents.incident import (
    MINUTE,
    QUIET_BEFORE_RESOLVED,
    AbnormalWindow,
    Episode,
    Incident,
    Rule,
)
from mixpanel_data.detect.incidents.mutes import is_muted, stored_mutes
from mixpanel_data.detect.incidents.rules import complete_minutes
from mixpanel_data.warehouse.base import Warehouse


@dataclass(frozen=True, slots=True)
class ExplainedMinute:
    """One minute: its count, the count expected, and the band outside which a single minute is abnormal by itself.

    `due`: the part of the expected count that can have arrived by now. `score` is that of the most unusual window that
    ends with it; `rules` are those that find such a window abnormal.
    """

    minute: datetime
    count: int
    expected: float
    due: float
    low: float
    high: float
    score: float
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The state of one event; `series` are its newest minutes, `episodes` are those of the last day. All times UTC.

    The series ends with the last whole minute before `read_until`, because later ones are still filling.
    """

    event: str
    is_muted: bool
    alert_threshold: float | None
    time_window_minutes: int
    read_until: datetime | None
    cut_deviate: float
    episodes: Sequence[Episode]
    incidents: Sequence[Incident]
    series: Sequence[ExplainedMinute]


def explain(
    warehouse: Warehouse,
    events: EventsConfig,
    event_name: str,
    as_of: datetime,
    *,
    is_of_now: bool,
    minutes: int,
    zone: ZoneInfo,
    deadline: Deadline,
) -> Explanation:
    """Judge one event by the cut that it has among all watched events.

    Raises RequestError for an event that is not enabled or has no counts, and the warehouse's errors.
    """
    events.selected([event_name])
    read_until = progress.read_until(warehouse, as_of)
    # Among all events, not by itself: the cut depends on how many share the budget.
    found = scored_alone(
        warehouse, events, event_name, as_of, read_until, is_of_now=is_of_now, zone=zone, deadline=deadline
    )
    if found is None:
        raise RequestError(
            f"{event_name!r} has no recent events. Check the name, or collect its events with `mp collect`."
        )
    event, scored = found
    max_age = timedelta(hours=events.max_age_hours)
    windows = list(windows_of([event], scored, as_of, max_age, read_until))
    incidents = recent_incidents(warehouse, since=as_of - timedelta(days=2), as_of=as_of)
    return Explanation(
        event=event_name,
        is_muted=is_muted(event, stored_mutes(warehouse, as_of), as_of),
        alert_threshold=event.entry.alert_threshold,
        time_window_minutes=event.entry.time_window_minutes,
        read_until=read_until,
        cut_deviate=round(scored.model.cut, 3),
        episodes=episodes(windows, QUIET_BEFORE_RESOLVED + timedelta(minutes=events.cooldown_minutes)),
        incidents=[incident for incident in incidents if incident.event_name == event_name],
        series=list(_series(scored.minutes(0), windows, minutes, read_until)),
    )


def _series(
    judged: JudgedMinutes, windows: Sequence[AbnormalWindow], minutes: int, read_until: datetime | None
) -> Iterator[ExplainedMinute]:
    """The newest minutes that were read, each with the rules by which a window that ends with it is abnormal."""
    rules: dict[datetime, tuple[Rule, ...]] = {}
    for window in windows:
        rules[window.observation.end] = rules.get(window.observation.end, ()) + window.rules
    end = min(complete_minutes(judged.start, read_until), len(judged.counts))
    for position in range(max(0, end - minutes), end):
        minute = judged.start + position * MINUTE
        yield ExplainedMinute(
            minute=minute,
            count=int(judged.counts[position]),
            expected=round(float(judged.expected[position]), 3),
            due=round(float(judged.due[position]), 3),
            low=float(judged.low[position]),
            high=float(judged.high[position]),
            score=round(float(judged.score[position]), 4),
            rules=rules.get(minute + MINUTE, ()),
        )
