"""Judges the counts of a run: scores, abnormal windows, and the decisions that follow about incidents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.configuration.events import EventsConfig, EventSelection
from mixpanel_data.detect.findings.history import History, read_history
from mixpanel_data.detect.findings.progress import judging_context
from mixpanel_data.detect.incidents.alerts_table import recent_incidents
from mixpanel_data.detect.incidents.decisions import Decision, JudgingContext, decide
from mixpanel_data.detect.incidents.episodes import episodes
from mixpanel_data.detect.incidents.incident import MINUTE, AbnormalWindow, Incident
from mixpanel_data.detect.incidents.mutes import is_muted, stored_mutes
from mixpanel_data.detect.incidents.rules import JudgedSpan, abnormal_windows
from mixpanel_data.detect.incidents.watched import WatchedEvent, watched_events
from mixpanel_data.detect.statistics.counts import CountScores, CountsModel, cut_deviate
from mixpanel_data.detect.statistics.tails import Floats
from mixpanel_data.warehouse.base import Warehouse


@dataclass(frozen=True, slots=True)
class ScoredHistory:
    """The scores of each minute of a history, and the model that gave them."""

    model: CountsModel
    scores: CountScores

    def band(self, row: int, first: int) -> tuple[Floats, Floats]:
        """(low, high) of one name's minutes from the position `first` on: a single minute outside is abnormal."""
        rows = slice(row, row + 1)
        expected, variance = self.scores.minute_expected[rows, first:], self.scores.minute_variance[rows, first:]
        low, high = self.model.band(expected, variance)
        return low[0], high[0]


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything a run found out; `scored` is None where no event is watched.

    `handled_seq`: the greatest seq of the arrivals that it took into account.
    """

    context: JudgingContext
    watched: Sequence[WatchedEvent]
    history: History
    scored: ScoredHistory | None
    decisions: Sequence[Decision]
    handled_seq: int

    @property
    def changed_incidents(self) -> list[Incident]:
        """The incidents that the run opened or changed."""
        return [decision.incident for decision in self.decisions if decision.changes]


def judge(
    warehouse: Warehouse,
    events: EventsConfig,
    selection: EventSelection,
    default_channel: str,
    as_of: datetime,
    *,
    is_of_now: bool,
    deadline: Deadline,
) -> Findings:
    """Judge the selected events as of then. Raises the warehouse's errors, and DeadlineError."""
    context, handled_seq = judging_context(warehouse, events, as_of)
    history = read_history(warehouse, selection, as_of, is_of_now=is_of_now, deadline=deadline)
    watched = watched_events(history.names, events, default_channel)
    scored = score(watched, history, events) if watched else None
    windows = _windows(watched, history, scored, context) if scored else []
    known = recent_incidents(warehouse, since=as_of - 2 * context.max_age, as_of=as_of)
    mutes = stored_mutes(warehouse, as_of)
    muted = frozenset(event.event_name for event in watched if is_muted(event, mutes, as_of))
    # An event that was disabled belongs to nobody's selection: a run over all events ends its incidents.
    selected = known if selection == events.selection else [each for each in known if each.event_name in selection]
    decisions = decide(episodes(windows, context.gap), selected, watched, muted, context)
    return Findings(context, watched, history, scored, decisions, handled_seq)


def score(watched: Sequence[WatchedEvent], history: History, events: EventsConfig) -> ScoredHistory:
    """Score each minute with the cut that the budget leaves to each of the watched names."""
    model = history.model(cut_of(watched, events))
    return ScoredHistory(model, model.score(history.counts))


def cut_of(watched: Sequence[WatchedEvent], events: EventsConfig) -> float:
    """The cut that the budget of false alerts leaves to each event that is compared with its baseline."""
    sharing = sum(event.uses_baseline for event in watched)
    return cut_deviate(max(sharing, 1), events.false_alerts_per_week)


def judged_span(history: History, as_of: datetime, max_age: timedelta, read_until: datetime | None) -> JudgedSpan:
    """The minutes of the history that are judged as of then."""
    complete = 0 if read_until is None else max(0, (read_until - history.start) // MINUTE)
    return JudgedSpan(history.start, first=(as_of - max_age - history.start) // MINUTE, complete=complete)


def _windows(
    watched: Sequence[WatchedEvent], history: History, scored: ScoredHistory, context: JudgingContext
) -> Sequence[AbnormalWindow]:
    span = judged_span(history, context.as_of, context.max_age, context.read_until)
    return list(abnormal_windows(watched, history.counts, scored.scores, span))
