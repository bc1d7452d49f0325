"""What a run has to read of its sources, and how far it will have read them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import Any

from mixpanel_data.configuration.identity import IdentityConfig, Source
from mixpanel_data.identity import statements
from mixpanel_data.identity.identity_run import IdentityRun
from mixpanel_data.identity.sources import EVENTS, Reading, columns_of
from mixpanel_data.warehouse.base import Row, Warehouse

RULES = "*"
"""Stands for the rules that all links are judged by, among the sources whose definitions are kept."""
Progress = Mapping[str, Row]
"""The rows of identity_sources, by source."""
_FIRST_DAY, _LAST_DAY = date(1960, 1, 1), date(2160, 1, 1)


@dataclass(frozen=True, slots=True)
class Plan:
    """The rows to read, the days of mixpanel_events among them, and the progress to store once they are read.

    `progress`: rows of identity_sources that change.
    """

    readings: Sequence[Reading]
    days: Sequence[date]
    progress: Sequence[Mapping[str, Any]]

    @property
    def parameters(self) -> dict[str, Any]:
        """The progress as parameters of the statements that store it: a JSON object for each source."""
        return {
            "read_sources": [each["source"] for each in self.progress],
            "progress": [json.dumps(each) for each in self.progress],
        }


def definition(source: Source, config: IdentityConfig) -> str:
    """The text by which a change is recognised of what a source's rows link: it is read again from the beginning."""
    return json.dumps({**source.model_dump(mode="json"), "identity": config.identity, "ignore": sorted(config.ignore)})


def rules(config: IdentityConfig) -> str:
    """The text by which changed rules are recognised: all links are judged anew."""
    return json.dumps(
        {
            "identity": config.identity,
            "elects": config.elects,
            "max_partners": {str(kind): limit for kind, limit in sorted(config.max_partners.items())},
            "max_cluster_size": config.max_cluster_size,
        }
    )


def progress_of(warehouse: Warehouse) -> Progress:
    """What is known of the sources and the rules: their definitions, and how far each source was read."""
    return {row["source"]: row for row in warehouse.rows(statements.PROGRESS)}


def plan(transition: IdentityRun, known: Progress, *, is_from_beginning: bool = False) -> Plan:
    """What is new in the sources; with `is_from_beginning` everything. Raises ConfigError for a missing table."""
    config = transition.config
    readings: list[Reading] = []
    progress: list[dict[str, Any]] = []
    applied = {} if is_from_beginning else _unchanged(known, config)
    events = [source for source in config.sources if source.table == EVENTS]
    days: Sequence[date] = ()
    if events:
        days, progress = _events(transition, events, applied)
        readings += [Reading(source, columns_of(transition.warehouse, source)) for source in events] if days else []
    for source in config.sources:
        if source.table != EVENTS:
            reading, newest = _table(transition, source, applied.get(source.name))
            readings.append(reading)
            progress.append({"source": source.name, "definition": definition(source, config), "read_up_to": newest})
    progress.append(_rules_entry(config))
    changed = [entry for entry in progress if _differs(entry, known.get(entry["source"]))]
    return Plan(readings, days, changed)


def plan_of_window(transition: IdentityRun) -> Plan:
    """The event time of the run's window, again."""
    window, readings = transition.run.window, []
    first, last = window.start.date(), (window.end - timedelta.resolution).date()
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    for source in transition.config.sources:
        columns = columns_of(transition.warehouse, source)
        has_time = source.table == EVENTS or source.time is not None
        readings.append(Reading(source, columns, between=(window.start, window.end) if has_time else None))
    return Plan(readings, days, ())


def _unchanged(known: Mapping[str, Row], config: IdentityConfig) -> dict[str, Row]:
    """The progress of the sources that were last read by the definition that the configuration has."""
    definitions = {source.name: definition(source, config) for source in config.sources}
    return {name: row for name, row in known.items() if definitions.get(name) == row["definition"]}


def _events(
    transition: IdentityRun, sources: Sequence[Source], applied: Mapping[str, Row]
) -> tuple[list[date], list[dict[str, Any]]]:
    """The days of events to read: today's and yesterday's arrivals, and once a day those of older days."""
    (newest,) = transition.warehouse.rows(statements.NEWEST_ARRIVAL)
    newest_seq = newest["seq"] or 0
    today = transition.run.started_at.astimezone(UTC).date()
    rows = [applied.get(source.name) for source in sources]
    handled = min(int(row["read_up_to"] or 0) if row else 0 for row in rows)
    older_handled = min((row["older_read_up_to"] or 0) if row else 0 for row in rows)
    is_due = any(row is None or row["older_read_on"] is None or row["older_read_on"] < today for row in rows)
    older_seq = older_handled if is_due else newest_seq
    # The usual case costs no more than looking at the newest arrival.
    found = (
        transition.warehouse.rows(
            statements.CHANGED_DAYS,
            recent_day=today - timedelta(days=1),
            handled_seq=handled,
            older_handled_seq=older_seq,
        )
        if newest_seq > min(handled, older_seq)
        else []
    )
    days = sorted(max(_FIRST_DAY, min(_LAST_DAY, row["day"])) for row in found)
    has_older = any(day < today - timedelta(days=1) for day in days)
    read_older = is_due and (has_older or older_handled < newest_seq)
    progress = [
        {
            "source": source.name,
            "definition": definition(source, transition.config),
            "read_up_to": str(newest_seq),
            "older_read_up_to": str(newest_seq if read_older else older_handled),
            "older_read_on": (today if read_older else _on(row)).isoformat(),
        }
        for source, row in zip(sources, rows, strict=True)
    ]
    return days, progress


def _on(row: Row | None) -> date:
    on = row["older_read_on"] if row else None
    return on if isinstance(on, date) else _FIRST_DAY


def _table(transition: IdentityRun, source: Source, row: Row | None) -> tuple[Reading, str | None]:
    columns = columns_of(transition.warehouse, source)
    if source.new_by is None:
        return Reading(source, columns), None
    (found,) = transition.warehouse.rows(statements.newest_of(source.table, source.new_by))
    return Reading(source, columns, since=row["read_up_to"] if row else None), found["newest"]


def _differs(entry: Mapping[str, Any], row: Row | None) -> bool:
    if row is None:
        return True
    stored = {name: None if row[name] is None else str(row[name]) for name in entry}
    return stored != {name: None if value is None else str(value) for name, value in entry.items()}


def has_other_rules(config: IdentityConfig, known: Progress) -> bool:
    """Whether the stored links were judged by other rules; False where no run has stored any."""
    return RULES in known and known[RULES]["definition"] != rules(config)


def plan_of_rules(transition: IdentityRun) -> Plan:
    """Nothing to read, and the rules to store with what they change."""
    return Plan((), (), [_rules_entry(transition.config)])


def _rules_entry(config: IdentityConfig) -> dict[str, Any]:
    return {"source": RULES, "definition": rules(config)}
