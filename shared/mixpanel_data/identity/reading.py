"""What a run has to read of its sources, and how far it will have read them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
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
_FIRST_TIME = datetime(1960, 1, 1, tzinfo=UTC)
# A run of the collector seldom takes longer, and each run of this job is billed for them.
_RECENT = timedelta(days=3)
_NO_SEQ_AFTER = 2**62


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
    today = transition.run.started_at.astimezone(UTC).date()
    rows = [applied.get(source.name) for source in sources]
    reached = _reached(rows, today)
    newest_seq, since = _arrivals(transition, min(reached.seq, reached.older_seq))
    # The usual case costs no more than looking at the newest arrivals.
    found = _changed_days(transition, sources, reached, since, today) if reached.is_behind(newest_seq) else []
    days = sorted(max(_FIRST_DAY, min(_LAST_DAY, day)) for day in found)
    has_older = any(day < today - timedelta(days=1) for day in days)
    read_older = reached.is_due and (has_older or reached.older_seq < newest_seq)
    progress = [
        {
            "source": source.name,
            "definition": definition(source, transition.config),
            "read_up_to": str(newest_seq),
            "older_read_up_to": str(newest_seq if read_older else reached.older_seq),
            "older_read_on": (today if read_older else _on(row)).isoformat(),
        }
        for source, row in zip(sources, rows, strict=True)
    ]
    return days, progress


@dataclass(frozen=True, slots=True)
class _Reached:
    """The arrivals up to which all sources of events were read, apart for older days, and whether those are due."""

    seq: int
    older_seq: int
    is_due: bool

    def is_behind(self, newest_seq: int) -> bool:
        """Whether there are arrivals to read now."""
        return newest_seq > (min(self.seq, self.older_seq) if self.is_due else self.seq)


def _reached(rows: Sequence[Row | None], today: date) -> _Reached:
    return _Reached(
        seq=min(int(row["read_up_to"] or 0) if row else 0 for row in rows),
        older_seq=min((row["older_read_up_to"] or 0) if row else 0 for row in rows),
        is_due=any(row is None or row["older_read_on"] is None or row["older_read_on"] < today for row in rows),
    )


def recent_from(transition: IdentityRun) -> datetime:
    """Since when arrivals are looked at first: all of them would be billed for years."""
    return transition.run.started_at - _RECENT


def are_all_recent(row: Row, handled_seq: int) -> bool:
    """Whether the arrivals that `arrivals.sql` counts are all that came after `handled_seq`."""
    newest, oldest = row["newest_seq"], row["oldest_seq"]
    return newest is not None and newest - oldest + 1 == row["publications"] and handled_seq >= oldest - 1


def _arrivals(transition: IdentityRun, handled_seq: int) -> tuple[int, datetime]:
    """The newest arrivals, and since when those after `handled_seq` arrived."""
    since = recent_from(transition)
    (row,) = transition.warehouse.rows(statements.ARRIVALS, since=since)
    if not are_all_recent(row, handled_seq):
        since = _FIRST_TIME
        (row,) = transition.warehouse.rows(statements.ARRIVALS, since=since)
    return row["newest_seq"] or 0, since


def _changed_days(
    transition: IdentityRun, sources: Sequence[Source], reached: _Reached, since: datetime, today: date
) -> list[date]:
    rows = transition.warehouse.rows(
        statements.CHANGED_DAYS,
        since=since,
        names=sorted({name for source in sources for name in source.events or ()}),
        is_of_all=not all(source.events for source in sources),
        recent_day=today - timedelta(days=1),
        handled_seq=reached.seq,
        # Not yet due: none is after the greatest.
        older_handled_seq=reached.older_seq if reached.is_due else _NO_SEQ_AFTER,
    )
    return [row["day"] for row in rows]


def event_sources(config: IdentityConfig) -> list[str]:
    """The names of the sources that read events."""
    return [source.name for source in config.sources if source.table == EVENTS]


def is_as_configured(config: IdentityConfig, known: Progress) -> bool:
    """Whether all sources were read, and all links judged, by what the configuration says."""
    are_all_read = len(_unchanged(known, config)) == len(config.sources)
    return are_all_read and RULES in known and not has_other_rules(config, known)


def is_nothing_new(transition: IdentityRun, known: Progress, row: Row) -> bool:
    """Whether a run that follows its sources finds nothing, by the row of `state.sql.jinja`, where `is_as_configured`.

    Of tables of your own that row does not tell: with one of them among the sources, the run has to look.
    """
    config = transition.config
    sources = [known[name] for name in event_sources(config)]
    if len(sources) != len(config.sources) or not sources:
        return False
    reached = _reached(sources, transition.run.started_at.astimezone(UTC).date())
    is_all = are_all_recent(row, min(reached.seq, reached.older_seq))
    return is_all and not reached.is_behind(row["newest_seq"])


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
