"""What a run sees: the counts that are to be judged, and what becomes of incidents by them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mixpanel_data import runs
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.events import EventsConfig, EventSelection
from mixpanel_data.detect import history, store
from mixpanel_data.detect.counts import Counts, Judged, cut_deviate
from mixpanel_data.detect.episodes import Judging, abnormal, episodes
from mixpanel_data.detect.history import MINUTE, History
from mixpanel_data.detect.incidents import Decision, Moment, decide
from mixpanel_data.detect.request import Request
from mixpanel_data.detect.statements import ARRIVED, LEARN, PROGRESS
from mixpanel_data.detect.tails import Floats
from mixpanel_data.detect.watch import Watched, is_muted, watched
from mixpanel_data.warehouse.base import Warehouse

_PROGRESS_SINCE = timedelta(days=30)
_NAMES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Scored:
    """What the model says of each minute of the history, and the model."""

    model: Counts
    judged: Judged


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a run has found; `scored` is None where nothing is watched.

    `handled_seq`: the greatest of the arrivals that it took into account.
    """

    moment: Moment
    watch: Sequence[Watched]
    history: History
    scored: Scored | None
    decisions: Sequence[Decision]
    handled_seq: int


def judge(
    warehouse: Warehouse,
    events: EventsConfig,
    selection: EventSelection,
    default_channel: str,
    as_of: datetime,
    *,
    is_of_now: bool,
    deadline: Deadline,
) -> Judgement:
    """Judge the selected events as of then. Raises what the warehouse raises, and DeadlineError."""
    moment, handled_seq = _moment(warehouse, events, as_of)
    seen = history.read(warehouse, selection, as_of, is_of_now=is_of_now, deadline=deadline)
    watch = watched(seen.names, events, default_channel)
    scored = score(watch, seen, events) if watch else None
    windows = (
        abnormal(watch, seen.counts, scored.judged, places(seen, as_of, moment.max_age, moment.read_until))
        if scored
        else []
    )
    known = store.incidents(warehouse, since=as_of - 2 * moment.max_age, as_of=as_of)
    mutes = store.mutes(warehouse, as_of)
    muted = frozenset(one.event_name for one in watch if is_muted(one, mutes, as_of))
    # What is not enabled any more is of nobody's selection: a run over all ends it.
    at_hand = known if selection == events.selection else [one for one in known if one.event_name in selection]
    decisions = decide(episodes(windows, moment.gap), at_hand, watch, muted, moment)
    return Judgement(moment, watch, seen, scored, decisions, handled_seq)


def score(watch: Sequence[Watched], seen: History, events: EventsConfig) -> Scored:
    """Judge each minute by the cut that the budget leaves to each of the names."""
    usual = sum(one.uses_baseline for one in watch)
    model = history.model(seen, cut=cut_deviate(max(usual, 1), events.false_alerts_per_week))
    return Scored(model, model.judge(seen.counts))


def places(seen: History, as_of: datetime, max_age: timedelta, read_until: datetime | None) -> Judging:
    """Which minutes of the history are judged as of then; less than usual only up to `read_until`."""
    complete = 0 if read_until is None else max(0, (read_until - seen.start) // MINUTE)
    return Judging(seen.start, first=(as_of - max_age - seen.start) // MINUTE, complete=complete)


def band(scored: Scored, row: int, first: int) -> tuple[Floats, Floats]:
    """(low, high) of one name's minutes from a place on: outside of them a single minute is abnormal by itself."""
    rows = slice(row, row + 1)
    expected, variance = scored.judged.minute_expected[rows, first:], scored.judged.minute_variance[rows, first:]
    low, high = scored.model.band(replace(scored.judged, minute_expected=expected, minute_variance=variance))
    return low[0], high[0]


def keep_baselines(run: runs.Run, judgement: Judgement) -> None:
    """Store what was learned, so that the next run need not learn it again."""
    seen = judgement.history
    rows = zip(seen.names, seen.states, seen.is_to_be_stored, strict=True)
    given = [store.given_baseline(name, history.packed_state(state)) for name, state, is_newer in rows if is_newer]
    for at in range(0, len(given), _NAMES_AT_ONCE):
        runs.write(
            run,
            "learn",
            LEARN,
            as_of=judgement.moment.as_of,
            learned_until=seen.start,
            baselines=given[at : at + _NAMES_AT_ONCE],
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the collector has read by event time, and what the last run of the detector judged; None: nothing yet."""

    read_until: datetime | None
    judged_until: datetime | None
    handled_seq: int | None


def progress(warehouse: Warehouse, as_of: datetime) -> Progress:
    """How far both have come as of then."""
    (row,) = warehouse.rows(PROGRESS, job=Request.job, as_of=as_of, since=as_of - _PROGRESS_SINCE)
    read_until = row["read_until"]
    return Progress(read_until and min(read_until, as_of), row["judged_until"], row["handled_seq"])


def _moment(warehouse: Warehouse, events: EventsConfig, as_of: datetime) -> tuple[Moment, int]:
    reached = progress(warehouse, as_of)
    max_age = timedelta(hours=events.max_age_hours)
    handled = reached.handled_seq
    arrived = warehouse.rows(ARRIVED, since=as_of - 2 * max_age, as_of=as_of, handled_seq=handled or 0)
    moment = Moment(
        as_of=as_of,
        read_until=reached.read_until,
        judged_until=reached.judged_until,
        changed_from=None if handled is None else {one["event_name"]: one["changed_from"] for one in arrived},
        max_age=max_age,
        cooldown=timedelta(minutes=events.cooldown_minutes),
    )
    return moment, max((one["seq"] for one in arrived), default=handled or 0)
