"""How an event stands, and what changed about it as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mixpanel_data.base.choices import ChangeKind, EventStatus
from mixpanel_data.configuration.tracking_plan import PlannedStatus
from mixpanel_data.registry.judging import dormancy, novelty
from mixpanel_data.registry.judging.shapes import Change, EventDay, EventJudgement
from mixpanel_data.registry.judging.spelling.names import base_and_version
from mixpanel_data.registry.judging.typos import Resemblance

_OF_PLAN = {
    PlannedStatus.EXPERIMENTAL: EventStatus.EXPERIMENTAL,
    PlannedStatus.DEPRECATED: EventStatus.DEPRECATED,
    PlannedStatus.BLOCKED: EventStatus.BLOCKED,
}


@dataclass(frozen=True, slots=True)
class Planned:
    """What the tracking plan says of an event: its status, None if it lacks the event, and whether it lists any."""

    status: PlannedStatus | None = None
    lists_events: bool = False


def judge_event(
    name: str,
    days: Sequence[EventDay],
    at: date,
    *,
    history: date,
    planned: Planned,
    resemblance: Resemblance | None,
) -> tuple[EventJudgement, list[Change]]:
    """The judgement of an event and its changes, oldest first; those of its properties are not among them.

    `days` has the days up to `at` on which it was seen, oldest first, at least one; `history` is the first day on which
    any event was seen.
    """
    # A name that the plan has was meant.
    meant = resemblance.similar_to if resemblance and resemblance.is_typo and planned.status is None else None
    status = _status(days, at, planned, is_typo=meant is not None)
    base_name, version = base_and_version(name)
    similar_to = resemblance.similar_to if resemblance else None
    judgement = EventJudgement(name, status, base_name, version, similar_to)
    return judgement, sorted(_changes(name, days, at, history, meant), key=lambda change: (change.day, change.kind))


def _status(days: Sequence[EventDay], at: date, planned: Planned, *, is_typo: bool) -> EventStatus:
    if planned.status in _OF_PLAN:
        return _OF_PLAN[planned.status]
    if planned.lists_events and planned.status is None:
        return EventStatus.UNEXPECTED
    if is_typo:
        return EventStatus.LIKELY_TYPO
    return EventStatus.DORMANT if dormancy.is_dormant([day.day for day in days], at) else EventStatus.ACTIVE


def _changes(name: str, days: Sequence[EventDay], at: date, history: date, meant: str | None) -> list[Change]:
    first = novelty.new_event(days, history, at)
    found = [_change(name, first, ChangeKind.NEW_EVENT, "", name)] if first else []
    if meant:
        # It is no news that a misspelt name is no longer sent.
        return [*found, _change(name, days[0].day, ChangeKind.LIKELY_TYPO, meant, name)]
    for sleep in dormancy.sleeps([day.day for day in days], at):
        found.append(_change(name, sleep.day, ChangeKind.BECAME_DORMANT, "active", "dormant"))
        if sleep.woke:
            found.append(_change(name, sleep.woke, ChangeKind.CAME_BACK, "dormant", "active"))
    return found


def _change(name: str, day: date, kind: ChangeKind, before: str, after: str) -> Change:
    is_breaking = kind is ChangeKind.BECAME_DORMANT
    return Change(day, kind, name, None, "", before, after, is_breaking)
