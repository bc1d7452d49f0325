"""Explains one event: its counts, the expected band, and the rules by which it is abnormal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import RequestError
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.detect.findings.history import History, read_history
from mixpanel_data.detect.findings.judging import ScoredHistory, judged_span, score
from mixpanel_data.detect.findings.progress import progress
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
from mixpanel_data.detect.incidents.rules import abnormal_windows
from mixpanel_data.detect.incidents.watched import watched_events
from mixpanel_data.warehouse.base import Warehouse


@dataclass(frozen=True, slots=True)
class ExplainedMinute:
    """One minute: its count, the count expected, and the band outside which a single minute is abnormal by itself.

    `score` is that of the most unusual window that ends with it; `rules` are those that find such a window abnormal.
    """

    minute: datetime
    count: int
    expected: float
    low: float
    high: float
    score: float
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The state of one event; `series` are its newest minutes, `episodes` are those of the last day. All times UTC.

    `read_until`: later minutes are still filling, so that drops and silences are not judged there.
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
    deadline: Deadline,
) -> Explanation:
    """Judge one event by the cut that it has among all watched events.

    Raises RequestError for an event that is not enabled or has no counts, and the warehouse's errors.
    """
    events.selected([event_name])
    read_until = progress(warehouse, as_of).read_until
    history = read_history(warehouse, events.selection, as_of, is_of_now=is_of_now, deadline=deadline)
    if event_name not in history.names:
        raise RequestError(
            f"{event_name!r} has no recent events. Check the name, or collect its events with `mp collect`."
        )
    # All events, not only this one: the cut depends on how many share the budget.
    watched = watched_events(history.names, events, "")
    scored = score(watched, history, events)
    span = judged_span(history, as_of, timedelta(hours=events.max_age_hours), read_until)
    found = abnormal_windows(watched, history.counts, scored.scores, span)
    windows = [window for window in found if window.event_name == event_name]
    event = next(each for each in watched if each.event_name == event_name)
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
        series=list(_series(history, scored, windows, history.names.index(event_name), minutes)),
    )


def _series(
    history: History, scored: ScoredHistory, windows: Sequence[AbnormalWindow], row: int, minutes: int
) -> Iterator[ExplainedMinute]:
    """The newest minutes of one event, each with the rules by which a window that ends with it is abnormal."""
    rules: dict[datetime, tuple[Rule, ...]] = {}
    for window in windows:
        rules[window.observation.end] = rules.get(window.observation.end, ()) + window.rules
    first = max(0, history.counts.shape[1] - minutes)
    low, high = scored.band(row, first)
    for position in range(first, history.counts.shape[1]):
        yield ExplainedMinute(
            minute=history.start + position * MINUTE,
            count=int(history.counts[row, position]),
            expected=round(float(scored.scores.minute_expected[row, position]), 3),
            low=float(low[position - first]),
            high=float(high[position - first]),
            score=round(float(scored.scores.score[row, position]), 4),
            rules=rules.get(history.start + (position + 1) * MINUTE, ()),
        )
