"""Definitions of metrics and targets: those of a configuration, those the last run applied, and their differences."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixpanel_data.configuration.user_metrics import Latest, UserMetrics
from mixpanel_data.warehouse.base import Row

_TARGET = "sync"
# Metrics and targets share a table and its names: a metric begins with a letter, so no target is taken for one.
_TARGET_PREFIX = "_"


@dataclass(frozen=True, slots=True)
class Definition:
    """A row of user_metric_definitions: a metric, or a target that gets the totals.

    `kind` is counters, latest, current or sync. `text` is the configuration as JSON with sorted keys. `events` are the
    names of the events that it reads, None for all events.
    """

    kind: str
    name: str
    text: str
    events: tuple[str, ...] | None

    @property
    def is_metric(self) -> bool:
        """Whether it is a metric, and not a target."""
        return self.kind != _TARGET

    def as_json(self) -> str:
        """The definition as insert_definitions.sql takes it."""
        return json.dumps({"kind": self.kind, "name": self.name, "definition": self.text})


@dataclass(frozen=True, slots=True)
class Changes:
    """The definitions of a configuration that differ from those that the last run applied.

    `removed` are the names of metrics. `events` are the names of the events that the changed metrics read, now or
    before; None for all events. `targets` are the names of all targets that are or ever were configured: changed totals
    are queued for each, so that a target that comes back misses nothing.
    """

    added: tuple[Definition, ...]
    redefined: tuple[Definition, ...]
    removed: tuple[str, ...]
    events: frozenset[str] | None
    targets: tuple[str, ...]

    @property
    def applied(self) -> tuple[Definition, ...]:
        """The definitions to store."""
        return self.added + self.redefined

    @property
    def added_metrics(self) -> list[str]:
        """The names of the metrics that are new, or of a new kind."""
        return [each.name for each in self.added if each.is_metric]

    @property
    def redefined_metrics(self) -> list[str]:
        """The names of the metrics that are defined differently."""
        return [each.name for each in self.redefined if each.is_metric]

    @property
    def changed_targets(self) -> list[str]:
        """The names of targets that are new, or get the totals in another shape: they need the totals of all users."""
        return [_target_name(each.name) for each in self.applied if not each.is_metric]

    def __bool__(self) -> bool:
        return bool(self.applied or self.removed)


def definitions_of(config: UserMetrics) -> Iterator[Definition]:
    """The metrics of a configuration."""
    for name, counter in config.counters.items():
        yield Definition("counters", name, _text(counter.model_dump(mode="json")), (counter.event,))
    for kind, name, latest in properties_of(config):
        yield Definition(kind, name, _text(latest.model_dump(mode="json")), latest.events)


def properties_of(config: UserMetrics) -> Iterator[tuple[str, str, Latest]]:
    """The metrics that hold a property's newest value: kind, name and configuration of each."""
    for kind, metrics in (("latest", config.latest), ("current", config.current)):
        yield from ((kind, name, latest) for name, latest in metrics.items())


def changes_of(config: UserMetrics, targets: Sequence[str], applied: Mapping[str, Row]) -> Changes:
    """The differences between a configuration with these targets and the rows of user_metric_definitions, by name."""
    configured = (*definitions_of(config), *_targets_of(config, targets))
    kinds = {name: row["kind"] for name, row in applied.items()}
    # A metric of another kind is a new one under the old name: its columns start empty.
    added = tuple(each for each in configured if kinds.get(each.name) != each.kind)
    kept = [each for each in configured if kinds.get(each.name) == each.kind]
    redefined = tuple(each for each in kept if each.text != applied[each.name]["definition"])
    metrics = {name for name, kind in kinds.items() if kind != _TARGET}
    earlier_targets = {_target_name(name) for name in kinds.keys() - metrics}
    read = [each.events for each in added + redefined if each.is_metric]
    read += [_events(applied[each.name]) for each in redefined if each.is_metric]
    return Changes(
        added=added,
        redefined=redefined,
        removed=tuple(sorted(metrics - {each.name for each in configured})),
        events=_union(read),
        targets=tuple(sorted(earlier_targets | set(targets))),
    )


def _targets_of(config: UserMetrics, names: Iterable[str]) -> Iterator[Definition]:
    configured = config.sync.model_dump(mode="json")
    for name in names:
        yield Definition(_TARGET, target_definition(name), _text(configured[name]), ())


def target_definition(target: str) -> str:
    """The name of a target in user_metric_definitions."""
    return f"{_TARGET_PREFIX}{target}"


def _target_name(definition_name: str) -> str:
    return definition_name.removeprefix(_TARGET_PREFIX)


def _events(applied: Row) -> tuple[str, ...] | None:
    """The names of the events that a definition read when it was applied; None for all events."""
    definition: Mapping[str, object] = json.loads(applied["definition"])
    event, events = definition.get("event"), definition.get("events")
    if isinstance(event, str):
        return (event,)
    return tuple(map(str, events)) if isinstance(events, list) else None


def _union(names: Iterable[Sequence[str] | None]) -> frozenset[str] | None:
    union: set[str] = set()
    for each in names:
        if each is None:
            return None
        union |= set(each)
    return frozenset(union)


def _text(definition: Mapping[str, Any]) -> str:
    return json.dumps(definition, sort_keys=True)
