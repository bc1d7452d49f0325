"""How a property of an event stands, and what changed about it."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from mixpanel_data.base.choices import ChangeKind, PropertyStatus
from mixpanel_data.registry.judging import cardinality, dormancy, novelty, presence, types
from mixpanel_data.registry.judging.own_keys import is_mixpanels
from mixpanel_data.registry.judging.shapes import Change, PropertyDay, PropertyHistory
from mixpanel_data.registry.judging.statistics.chance import chance_of_absence

_RECENT = timedelta(days=30)
# A property is reported as dormant if chance explains its absence with less than this probability.
_CHANCE = 0.001


def judge_property(
    name: str, property_name: str, path: str, days: Sequence[PropertyDay], at: date
) -> tuple[PropertyStatus, list[Change]]:
    """The status of a property and its changes, oldest first; what Mixpanel writes has a status only.

    `days` has all days up to `at` on which the event was seen, oldest first.
    """
    days = [day for day in days if day.day <= at]
    changes = [] if is_mixpanels(property_name) else sorted(_changes(name, property_name, path, days, at), key=_place)
    return _status(days, changes, at), changes


def judge_history(history: PropertyHistory, at: date) -> tuple[PropertyStatus, list[Change]]:
    """As `judge_property`, of a history as it is read; without looking for changes where there are none."""
    if history.can_have_changed:
        return judge_property(history.event_name, history.property, history.path, history.days, at)
    return _status([day for day in history.days if day.day <= at], [], at), []


def _status(days: Sequence[PropertyDay], changes: Sequence[Change], at: date) -> PropertyStatus:
    if dormancy.is_dormant(_seen(days), at):
        return PropertyStatus.DORMANT
    if any(change.kind is ChangeKind.TYPE_CHANGED and change.day > at - _RECENT for change in changes):
        return PropertyStatus.TYPE_CHANGED
    return PropertyStatus.UNSTABLE if types.is_unstable(days) else PropertyStatus.ACTIVE


def _changes(name: str, property_name: str, path: str, days: Sequence[PropertyDay], at: date) -> Iterator[Change]:
    def change(day: date, kind: ChangeKind, before: str, after: str, is_breaking: bool = False) -> Change:
        return Change(day, kind, name, property_name, path, before, after, is_breaking)

    first = novelty.new_property(days)
    if first:
        yield change(first, ChangeKind.NEW_PROPERTY, "", types.types_from(days, first))
    for each in types.type_changes(days):
        yield change(each.day, ChangeKind.TYPE_CHANGED, each.before, each.after, each.is_breaking)
    for loss in presence.losses(days):
        yield change(loss.day, ChangeKind.BECAME_SPARSE, loss.before, loss.after, True)
    for sleep in dormancy.sleeps(_seen(days), at):
        if _is_no_chance(days, sleep):
            yield change(sleep.day, ChangeKind.BECAME_DORMANT, "active", "dormant", True)
            if sleep.woke:
                yield change(sleep.woke, ChangeKind.CAME_BACK, "dormant", "active")
    for day in cardinality.explosions(days):
        yield change(day, ChangeKind.CARDINALITY_EXPLODED, "few", "many")


def _seen(days: Sequence[PropertyDay]) -> list[date]:
    return [day.day for day in days if day.types]


def _is_no_chance(days: Sequence[PropertyDay], sleep: dormancy.Sleep) -> bool:
    """Whether the event went on without it: the properties of a dormant event are not reported as dormant too."""
    lived = [day for day in days if _seen(days)[0] <= day.day <= sleep.last_seen]
    missed = [day for day in days if sleep.last_seen < day.day <= sleep.day]
    of = sum(day.of for day in lived)
    hits = min(sum(sum(day.types.values()) for day in lived), of)
    by_events = chance_of_absence(hits - 1, of - 1, sum(day.of for day in missed))
    by_days = chance_of_absence(len(_seen(lived)) - 1, len(lived) - 1, len(missed))
    return max(by_events, by_days) < _CHANCE


def _place(change: Change) -> tuple[date, str]:
    return change.day, change.kind
