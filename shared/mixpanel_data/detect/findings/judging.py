"""Judges the counts of a run: scores, abnormal windows, and the decisions that follow about incidents.

Names are learned and judged in groups. Of a group stays what messages need: its episodes, and the minutes of names with
an incident.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.events import EventsConfig, EventSelection
from mixpanel_data.detect.findings.delays import Delays, read_delays
from mixpanel_data.detect.findings.judged_minutes import JudgedMinutes
from mixpanel_data.detect.findings.learning.baselines_table import delete_expired, store_baselines
from mixpanel_data.detect.findings.learning.history import History, Learned, Reader
from mixpanel_data.detect.findings.learning.names import Names, read_names
from mixpanel_data.detect.findings.learning.plan import (
    MOST_LAG,
    NAMES_AT_ONCE,
    Plan,
    judged_from,
    oldest_learned,
    plan_names,
)
from mixpanel_data.detect.findings.progress import judging_context
from mixpanel_data.detect.findings.standing import Progress
from mixpanel_data.detect.findings.whole import JudgedWhole, WholeParts
from mixpanel_data.detect.incidents.alerts_table import recent_incidents
from mixpanel_data.detect.incidents.decisions import Decision, JudgingContext, decide
from mixpanel_data.detect.incidents.episodes import episodes
from mixpanel_data.detect.incidents.incident import WHOLE, AbnormalWindow, Episode, Incident, State
from mixpanel_data.detect.incidents.mutes import MutePeriod, is_muted, stored_mutes
from mixpanel_data.detect.incidents.rules import JudgedSpan, abnormal_windows
from mixpanel_data.detect.incidents.watched import WatchedEvent, watched_whole
from mixpanel_data.detect.incidents.whole import with_wholes
from mixpanel_data.detect.statistics.scoring.counts import CountScores, CountsModel
from mixpanel_data.detect.statistics.tails import Floats
from mixpanel_data.runs import Run
from mixpanel_data.warehouse.base import Warehouse

log = logging.getLogger(__name__)

# What decisions, messages and the answer need of a call's time.
_LEFT_FOR_THE_REST, _MOST_SECONDS_LEFT = 0.3, 60.0


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything a run found out. `minutes` are those of the names with an incident.

    `learning`: the names that were not judged, because their baselines have still to learn. `handled_seq`: the greatest
    seq of the arrivals that the run took into account. `whole` are all events together; None in a run over some events,
    or where too few are compared with a baseline. `has_learned`: baselines are to be stored or deleted, or were.
    `holds_until`: a run before then finds the same if nothing arrives, but for what follows from incidents and delays.
    `young`: names without an event before `judged_from`, the first minute that the run judged.
    """

    context: JudgingContext
    watched: Sequence[WatchedEvent]
    minutes: Mapping[str, JudgedMinutes]
    learning: frozenset[str]
    decisions: Sequence[Decision]
    handled_seq: int
    delays: Delays
    has_learned: bool
    holds_until: datetime
    young: frozenset[str]
    judged_from: datetime
    whole: JudgedWhole | None = None

    @property
    def is_to_be_stored(self) -> bool:
        """True where the run changes incidents, or has learned anything."""
        return bool(self.changed_incidents or self.has_learned or self.delays.is_to_be_stored)

    @property
    def changed_incidents(self) -> list[Incident]:
        """The incidents that the run opened or changed."""
        return [decision.incident for decision in self.decisions if decision.changes]


@dataclass(frozen=True, slots=True)
class ScoredHistory:
    """The scores of each minute of a group's history, and the model that gave them; `arrived` as in its `score`."""

    history: History
    model: CountsModel
    scores: CountScores
    arrived: Floats | None

    def minutes(self, row: int) -> JudgedMinutes:
        """The minutes of the name in that row."""
        return JudgedMinutes.of(self.history, self.scores, self.model.band, row, self.arrived)


@dataclass(frozen=True, slots=True)
class _Judged:
    """What stays of the groups of a run that were judged."""

    whole: WholeParts
    episodes: list[Episode] = field(default_factory=list)
    minutes: dict[str, JudgedMinutes] = field(default_factory=dict)
    learning: set[str] = field(default_factory=set)


def judge(
    warehouse: Warehouse,
    events: EventsConfig,
    selection: EventSelection,
    default_channel: str,
    as_of: datetime,
    progress: Progress,
    *,
    is_of_now: bool,
    zone: ZoneInfo,
    deadline: Deadline,
    run: Run | None = None,
    names_at_once: int = NAMES_AT_ONCE,
) -> Findings:
    """Judge the selected events as of then, after the progress so far; a `run` stores what it learns.

    Where time runs out, the names that come last in the plan are not judged, and what they have learned is kept. Raises
    the warehouse's errors.
    """
    oldest, max_age = oldest_learned(as_of), timedelta(hours=events.max_age_hours)
    names = read_names(warehouse, as_of, oldest=oldest, max_age=max_age, handled_seq=progress.handled_seq)
    context = judging_context(progress, names, events, as_of)
    plan = plan_names(
        warehouse, names, events, selection, default_channel, as_of, young=_still_young(progress, names, as_of)
    )
    delays = read_delays(warehouse, context.read_until)
    known = recent_incidents(warehouse, since=as_of - 2 * max_age, as_of=as_of)
    reader = Reader(warehouse, plan, zone, as_of, is_of_now, _learning_deadline(deadline), names_at_once)
    context = replace(context, changed_from=_changed_from(plan, context))
    if run is not None and plan.has_expired:
        delete_expired(run, plan.start)
    judged, has_learned = _judge_names(reader, names, delays, context, known, run)
    of_all, is_of_all = watched_whole(plan.watched, events, default_channel), selection == events.selection
    whole = judged.whole.judged(of_all, context.read_until, plan.cut) if is_of_all else None
    if whole is not None:
        judged.episodes.extend(episodes(whole.windows(as_of, context.max_age), context.gap))
    # An event that was disabled belongs to nobody's selection: a run over all events ends its incidents.
    selected = known if is_of_all else [each for each in known if each.event_name in selection and not each.is_whole]
    # Of what is over nobody hears, muted or not.
    is_any = judged.episodes or any(incident.state is State.OPEN for incident in selected)
    mutes = stored_mutes(warehouse, as_of) if is_any else []
    decisions = _decisions(judged, whole, [*plan.watched, of_all], known, selected, mutes, context)
    if judged.learning:
        log.warning("%s names are not judged yet: their baselines are still learning", len(judged.learning))
    return Findings(
        context,
        plan.watched,
        judged.minutes,
        frozenset(judged.learning),
        decisions,
        names.newest_seq,
        delays,
        has_learned or plan.has_expired,
        plan.holds_until,
        plan.young,
        plan.start,
        whole,
    )


def _judge_names(
    reader: Reader, names: Names, delays: Delays, context: JudgingContext, known: Sequence[Incident], run: Run | None
) -> tuple[_Judged, bool]:
    """Learn and judge the names group by group; True where baselines were learned anew, which a `run` stores."""
    judged, kept = _Judged(WholeParts(reader.plan.start)), {incident.event_name for incident in known}
    has_learned = False
    for learned in reader.learned():
        has_learned |= bool(learned.newer)
        if run is not None:
            store_baselines(run, learned.newer, arrivals_up_to=names.newest_seq, as_of=context.as_of)
        for scored in _scored(reader, learned, delays, context, judged.learning):
            _add(judged, scored, learned, context, kept)
    return judged, has_learned


def _decisions(
    judged: _Judged,
    whole: JudgedWhole | None,
    watched: Sequence[WatchedEvent],
    known: Sequence[Incident],
    selected: Sequence[Incident],
    mutes: Sequence[MutePeriod],
    context: JudgingContext,
) -> list[Decision]:
    """What is decided about the `selected` ones of the incidents that are known, and about those that open.

    Nobody knows yet whether incidents of names that were not judged go on: they stay as they are.
    """
    not_judged = judged.learning | ({WHOLE} if judged.learning and whole is None else set())
    about = [incident for incident in selected if incident.event_name not in not_judged]
    muted = frozenset(event.event_name for event in watched if is_muted(event, mutes, context.as_of))
    decisions = decide(judged.episodes, about, watched, muted, context)
    return with_wholes(decisions, known, whole.explains(context) if whole else lambda _whole, _of_one: True)


def scored_alone(
    warehouse: Warehouse,
    events: EventsConfig,
    event_name: str,
    as_of: datetime,
    read_until: datetime | None,
    *,
    is_of_now: bool,
    zone: ZoneInfo,
    deadline: Deadline,
) -> tuple[WatchedEvent, ScoredHistory] | None:
    """One event scored by the cut that it has among all watched events; None without recent events, or a baseline.

    Raises the warehouse's errors, and DeadlineError.
    """
    oldest, max_age = oldest_learned(as_of), timedelta(hours=events.max_age_hours)
    names = read_names(warehouse, as_of, oldest=oldest, max_age=max_age, handled_seq=None)
    plan = plan_names(warehouse, names, events, events.selection, "", as_of, asked_for=event_name)
    delays = read_delays(warehouse, read_until)
    reader = Reader(warehouse, plan, zone, as_of, is_of_now, deadline)
    for learned in reader.learned(event_name):
        deadline.check("the baseline was learned")
        history = reader.history(learned)
        if history is not None:
            return learned.group.names[0].watched, score(history, plan.cut, delays, read_until)
    return None


def score(history: History, cut: float, delays: Delays, read_until: datetime | None) -> ScoredHistory:
    """Score each minute of a group.

    Fewer events than usual are compared with those that can have arrived by `read_until`.
    """
    model = history.model(cut)
    arrived = delays.arrived(history.names, history.start, history.counts.shape[1], read_until)
    return ScoredHistory(history, model, model.score(history.counts, arrived), arrived)


def windows_of(
    watched: Sequence[WatchedEvent],
    scored: ScoredHistory,
    as_of: datetime,
    max_age: timedelta,
    read_until: datetime | None,
) -> Iterator[AbnormalWindow]:
    """The abnormal windows of a group that count as of then; `watched` in the order of its names."""
    span = JudgedSpan.as_of(as_of, scored.history.start, max_age, read_until)
    return abnormal_windows(watched, scored.history.counts, scored.scores, span)


def _scored(
    reader: Reader, learned: Learned, delays: Delays, context: JudgingContext, learning: set[str]
) -> Iterator[ScoredHistory]:
    """The group's scores, where it is to be judged and can be; adds its names to `learning` where time ran out."""
    if not learned.group.is_judged:
        return
    if not learned.is_complete:
        learning |= {name.event_name for name in learned.group.names}
        return
    history = reader.history(learned)
    if history is not None:
        yield score(history, reader.plan.cut, delays, context.read_until)


def _add(judged: _Judged, scored: ScoredHistory, learned: Learned, context: JudgingContext, kept: set[str]) -> None:
    """Keep the episodes of a group, and the minutes of names that have one, or an incident already (`kept`)."""
    watched = [name.watched for name in learned.group.names]
    judged.whole.add(watched, scored.history.start, scored.scores.parts)
    windows = windows_of(watched, scored, context.as_of, context.max_age, context.read_until)
    # One name at a time: a day in which all names are abnormal has a million windows.
    for name, of_one in groupby(windows, key=lambda window: window.event_name):
        # An event whose own name is that of all events together counts among them only.
        if name != WHOLE:
            judged.episodes.extend(episodes(of_one, context.gap))
    names = kept | {episode.event_name for episode in judged.episodes}
    for row, name in enumerate(scored.history.names):
        if name in names:
            judged.minutes[name] = scored.minutes(row)


def _still_young(progress: Progress, names: Names, as_of: datetime) -> frozenset[str]:
    """The names of which the run before knows that they have no event before the time that this one judges."""
    start = judged_from(as_of)
    if progress.young_since != start:
        return frozenset()
    return frozenset(name for name in progress.young if names.changed_from.get(name, start) >= start)


def _changed_from(plan: Plan, context: JudgingContext) -> Mapping[str, datetime] | None:
    """The time from which on each event's counts are new to this run.

    Of an event that the runs before could not judge, everything is new. Of one that was learned again because its past
    was collected, nothing is that was judged before.
    """
    if context.changed_from is None or context.judged_until is None:
        return context.changed_from
    changed = dict(context.changed_from)
    for name in plan.names:
        if name.event_name in plan.relearned:
            changed[name.event_name] = context.judged_until
        elif name.stored is None or name.stored.learned_until < context.judged_until - MOST_LAG:
            changed[name.event_name] = context.as_of - context.max_age
    return changed


def _learning_deadline(deadline: Deadline) -> Deadline:
    """The time by which learning and judging have to end."""
    if deadline.at_seconds is None:
        return deadline
    left = deadline.left(_MOST_SECONDS_LEFT / _LEFT_FOR_THE_REST)
    return Deadline(deadline.at_seconds - left * _LEFT_FOR_THE_REST)
