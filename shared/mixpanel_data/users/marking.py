"""Which days have to be computed again: those that changed, those asked for, those of metrics that are new."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mixpanel_data import runs
from mixpanel_data.base.errors import ConfigError, listed
from mixpanel_data.base.window import Window
from mixpanel_data.configuration.user_metrics import PLACE, By, UserMetrics
from mixpanel_data.users.metrics import Definition
from mixpanel_data.users.statements import (
    DEFINITIONS,
    HANDLED_SEQ,
    KINDS_OF_VALUES,
    MARK,
    NEWEST_MINUTE,
    NEWEST_SEQ,
    PENDING_DAYS,
)
from mixpanel_data.users.sync import Sync
from mixpanel_data.warehouse.base import Row

log = logging.getLogger(__name__)

_TABLES = ("user_daily_metrics", "user_insights")
_SYNC = "sync"
# What a target's definition is called by and the target: a metric begins with a letter.
_OUTSIDE = "_"
# All times that an event may have.
_HISTORY: dict[str, Any] = {
    "history_from": datetime(1960, 1, 1, tzinfo=UTC),
    "history_to": datetime(2160, 1, 1, tzinfo=UTC),
}
# So many of the newest events of so many days tell that a property has numbers.
_SAMPLE = 1000
_LOOKED_AT = timedelta(days=7)
_ALL = 2**62


@dataclass(frozen=True, slots=True)
class Marked:
    """What a run found changed of the configuration; metrics by name."""

    is_by_cluster: bool
    added: Sequence[str] = ()
    redefined: Sequence[str] = ()
    removed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Changes:
    """Definitions that are not those that were applied last; `events` of them and of what they were, None: of all."""

    added: tuple[Definition, ...]
    redefined: tuple[Definition, ...]
    removed: tuple[str, ...]
    events: frozenset[str] | None

    @property
    def new(self) -> tuple[Definition, ...]:
        return self.added + self.redefined

    def __bool__(self) -> bool:
        return bool(self.new or self.removed)


def mark(sync: Sync, config: UserMetrics, *, days_asked: Window | None) -> Marked:
    """Mark the days that have to be computed, and write down the configuration that they are computed by.

    Raises ConfigError, before anything is changed, where a metric cannot be what it is said to be.
    """
    with sync.alone():
        applied = {row["name"]: row for row in sync.warehouse.rows(DEFINITIONS)}
        sync.queues = _queues(sync, applied)
        changes = _changes(sync, config, applied)
        known = {table: sync.warehouse.columns(table) for table in _TABLES}
        _check_types(sync, known)
        _check_sums(sync, config, changes)
        _add_columns(sync, known)
        _mark(sync, changes, _days_to_mark(sync, days_asked))
    marked = Marked(
        is_by_cluster=config.by is By.CLUSTER,
        added=[one.name for one in changes.added if one.kind != _SYNC],
        redefined=[one.name for one in changes.redefined if one.kind != _SYNC],
        removed=changes.removed,
    )
    _tell(marked)
    return marked


def _queues(sync: Sync, applied: Mapping[str, Row]) -> tuple[str, ...]:
    """The targets that what changes is kept for: those that are configured, and those that ever were."""
    known = {name.removeprefix(_OUTSIDE) for name, row in applied.items() if row["kind"] == _SYNC}
    return tuple(sorted(known | {target.name for target in sync.targets}))


def _changes(sync: Sync, config: UserMetrics, applied: Mapping[str, Row]) -> _Changes:
    wanted = (*sync.metrics.definitions, *_targets(sync, config))
    kinds = {name: row["kind"] for name, row in applied.items()}
    # What becomes of another kind begins anew.
    added = tuple(one for one in wanted if kinds.get(one.name) != one.kind)
    kept = [one for one in wanted if kinds.get(one.name) == one.kind]
    redefined = tuple(one for one in kept if one.text != applied[one.name]["definition"])
    # A target that is left out is remembered, so that it lacks nothing when it comes back.
    of_metrics = {name for name, kind in kinds.items() if kind != _SYNC}
    removed = tuple(sorted(of_metrics - {one.name for one in wanted}))
    concerned = [one.events for one in added + redefined if one.kind != _SYNC]
    concerned += [_events(applied[one.name]) for one in redefined if one.kind != _SYNC]
    return _Changes(added, redefined, removed, _union(concerned))


def _targets(sync: Sync, config: UserMetrics) -> Iterable[Definition]:
    """What is sent outside, as definitions: one that is new gets everybody's totals."""
    told = config.sync.model_dump(mode="json")
    for target in sync.targets:
        yield Definition(_SYNC, f"{_OUTSIDE}{target.name}", json.dumps(told[target.name], sort_keys=True), ())


def _events(applied: Row) -> tuple[str, ...] | None:
    """The events that a definition looked at when it was applied; None: all."""
    definition: Mapping[str, object] = json.loads(applied["definition"])
    event, events = definition.get("event"), definition.get("events")
    if isinstance(event, str):
        return (event,)
    return tuple(map(str, events)) if isinstance(events, list) else None


def _union(names: Iterable[Sequence[str] | None]) -> frozenset[str] | None:
    found: set[str] = set()
    for some in names:
        if some is None:
            return None
        found |= set(some)
    return frozenset(found)


def _check_types(sync: Sync, known: Mapping[str, Mapping[str, str]]) -> None:
    """Whether the columns that are known, by table, have the types that are wanted. Raises ConfigError."""
    for table, columns in known.items():
        for name, wanted in sync.metrics.columns.items():
            found = columns.get(name.lower(), wanted)
            if found != wanted:
                raise ConfigError(
                    f"{_entry(sync, name)} is to be {wanted}, and the column {name} of {table} is {found}: a column's "
                    "type cannot change. Give the metric another name, or drop the column from both tables."
                )


def _add_columns(sync: Sync, known: Mapping[str, Mapping[str, str]]) -> None:
    for table, columns in known.items():
        missing = {name: kind for name, kind in sync.metrics.columns.items() if name.lower() not in columns}
        if missing:
            sync.warehouse.add_columns(table, missing)


def _entry(sync: Sync, column: str) -> str:
    """Where in the configuration a column comes from."""
    kinds = {one.name: one.kind for one in sync.metrics.definitions}
    return next((f"{kind}.{name}" for name, kind in kinds.items() if column in (name, f"{name}{PLACE}")), column)


def _check_sums(sync: Sync, config: UserMetrics, changes: _Changes) -> None:
    """Whether what is to be summed up are numbers, by the newest events. Raises ConfigError."""
    for one in changes.new:
        counter = config.counters.get(one.name) if one.kind == "counters" else None
        if counter is None or counter.sum is None:
            continue
        kinds = _kinds(sync, counter.event, counter.sum)
        if kinds["others"] and not kinds["numbers"]:
            raise ConfigError(
                f"counters.{one.name}.sum: {counter.sum!r} of the event {counter.event!r} is no number in any of the "
                f"{kinds['others']} events that have it. Give a property that holds numbers, or leave sum out."
            )


def _kinds(sync: Sync, event: str, name: str) -> Row:
    """What a property is in a few of the newest events of a name; where none has a number, in all."""
    (newest,) = sync.warehouse.rows(NEWEST_MINUTE, event=event, **_HISTORY)
    end = (newest["minute"] or _HISTORY["history_from"]) + timedelta(minutes=1)
    for first, most in ((end - _LOOKED_AT, _SAMPLE), (_HISTORY["history_from"], _ALL)):
        (kinds,) = sync.warehouse.rows(
            KINDS_OF_VALUES, property=name, event=event, first_day=first, end_day=end, most=most
        )
        if kinds["numbers"]:
            break
    return kinds


def _days_to_mark(sync: Sync, asked: Window | None) -> list[date]:
    """The days that were asked for; none where a run that did not end has marked them, and some are left of them."""
    if asked is None:
        return []
    first, end = asked.start.date(), asked.end.date()
    if runs.published_windows(sync.run) and sync.warehouse.rows(PENDING_DAYS, from_day=first, to_day=end):
        return []
    return [first + timedelta(days=number) for number in range((end - first).days)]


def _mark(sync: Sync, changes: _Changes, days: list[date]) -> None:
    (handled,) = sync.warehouse.rows(HANDLED_SEQ, job=sync.run.job)
    (newest,) = sync.warehouse.rows(NEWEST_SEQ)
    handled_seq, newest_seq = handled["seq"] or 0, newest["seq"] or 0
    if newest_seq == handled_seq and not days and not changes:
        return
    beginning = sync.statements.begin_metrics(tuple(one.name for one in changes.added))
    new_targets = [one.name.removeprefix(_OUTSIDE) for one in changes.new if one.kind == _SYNC]
    runs.publish(
        sync.run,
        [*beginning, *MARK],
        window=sync.run.window,
        figures=sync.run.figures,
        arrivals_up_to=newest_seq,
        handled_seq=handled_seq,
        newest_seq=newest_seq,
        days=days,
        names=sorted(changes.events or ()),
        is_of_all=changes.events is None,
        **_HISTORY,
        definition_names=[*changes.removed, *(one.name for one in changes.new)],
        definitions=[_written(one) for one in changes.new],
        # What an empty column becomes is a change that no day's computation tells the targets of.
        all_for=list(sync.queues) if beginning else new_targets,
    )


def _written(one: Definition) -> str:
    return json.dumps({"kind": one.kind, "name": one.name, "definition": one.text})


def _tell(marked: Marked) -> None:
    if marked.added:
        log.info("new metrics, computed over all events that are there: %s", listed(marked.added))
    if marked.redefined:
        log.info("metrics defined anew, computed over all events that are there: %s", listed(marked.redefined))
    if marked.removed:
        log.warning("not configured any more: %s; the columns stay as they are", listed(marked.removed))
