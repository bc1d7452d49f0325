"""Why the detector says what it says of one event: its counts, the band that was expected, and what follows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import RequestError
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.detect import history, store
from mixpanel_data.detect.episodes import abnormal, episodes
from mixpanel_data.detect.history import MINUTE, History
from mixpanel_data.detect.incident import QUIET, Abnormal, Episode, Incident, Rule
from mixpanel_data.detect.judging import Scored, band, places, progress, score
from mixpanel_data.detect.watch import is_muted, watched
from mixpanel_data.warehouse.base import Warehouse


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute: its count, what was expected, and the band outside of which a single minute is abnormal by itself.

    `score` is that of the most unusual window that ends with it; `rules` are those by which one is abnormal.
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
    """What is known of one event; `series` are its newest minutes, `episodes` what is abnormal in the last day.

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
    series: Sequence[Minute]


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
    """Judge one event by the cut that it has among all that are watched.

    Raises RequestError for an event that is not enabled or has no counts, and what the warehouse raises.
    """
    events.selected([event_name])
    read_until = progress(warehouse, as_of).read_until
    seen = history.read(warehouse, events.selection, as_of, is_of_now=is_of_now, deadline=deadline)
    if event_name not in seen.names:
        raise RequestError(f"There are no counts of {event_name!r} in the last days. Check the name, and `mp collect`.")
    watch = watched(seen.names, events, "")
    scored = score(watch, seen, events)
    judged = places(seen, as_of, timedelta(hours=events.max_age_hours), read_until)
    found = abnormal(watch, seen.counts, scored.judged, judged)
    windows = [one for one in found if one.event_name == event_name]
    own = next(one for one in watch if one.event_name == event_name)
    incidents = store.incidents(warehouse, since=as_of - timedelta(days=2), as_of=as_of)
    return Explanation(
        event=event_name,
        is_muted=is_muted(own, store.mutes(warehouse, as_of), as_of),
        alert_threshold=own.entry.alert_threshold,
        time_window_minutes=own.entry.time_window_minutes,
        read_until=read_until,
        cut_deviate=round(scored.model.cut, 3),
        episodes=episodes(windows, QUIET + timedelta(minutes=events.cooldown_minutes)),
        incidents=[one for one in incidents if one.event_name == event_name],
        series=list(_series(seen, scored, windows, seen.names.index(event_name), minutes)),
    )


def _series(seen: History, scored: Scored, windows: Sequence[Abnormal], row: int, minutes: int) -> Iterator[Minute]:
    """The newest minutes of one name, each with the rules by which a window that ends with it is abnormal."""
    rules: dict[datetime, tuple[Rule, ...]] = {}
    for one in windows:
        rules[one.window.end] = rules.get(one.window.end, ()) + one.rules
    begin = max(0, seen.counts.shape[1] - minutes)
    low, high = band(scored, row, begin)
    for place in range(begin, seen.counts.shape[1]):
        yield Minute(
            minute=seen.start + place * MINUTE,
            count=int(seen.counts[row, place]),
            expected=round(float(scored.judged.minute_expected[row, place]), 3),
            low=float(low[place - begin]),
            high=float(high[place - begin]),
            score=round(float(scored.judged.score[row, place]), 4),
            rules=rules.get(seen.start + (place + 1) * MINUTE, ()),
        )
