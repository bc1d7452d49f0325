"""The warehouse: whether it can be reached, read and written, and whether its tables are those of these settings."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from mixpanel_data import runs
from mixpanel_data.base.clock import Clock
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError, MixpanelDataError, listed
from mixpanel_data.base.nearest import near
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.detect.findings.known_names import KNOWN_NAMES
from mixpanel_data.doctor import bigquery, configuration, duckdb, jobs, mixpanel, time_basis
from mixpanel_data.doctor.check import Check, Verdict
from mixpanel_data.doctor.wording import failed, plural, skipped
from mixpanel_data.warehouse.base import OpenWarehouse, Warehouse
from mixpanel_data.warehouse.tables import TABLES
from mixpanel_data.wiring.files import events_config
from mixpanel_data.wiring.origin import origin
from mixpanel_data.wiring.warehouse import open_warehouse

SUBJECT = "warehouse"

_TABLES, _PROJECT, _EVENTS = "tables", "project", "events"
_LOCK_TABLE, _RUN_TABLE, _MINUTE_TABLE, _EVENT_TABLE = "job_locks", "job_runs", "event_minutes", "mixpanel_events"


@dataclass(frozen=True, slots=True)
class _Found:
    """The tables of a dataset that is open."""

    warehouse: Warehouse
    tables: frozenset[str]

    def has(self, table: str) -> bool:
        return table in self.tables


def warehouse_checks(settings: Settings, deadline: Deadline, clock: Clock) -> Iterator[Check]:
    """Look at the warehouse without changing it, and at what its rows say of jobs and events. It raises nothing."""
    engine = bigquery if settings.duckdb_path is None else duckdb
    with contextlib.ExitStack() as closing:
        try:
            opened = open_warehouse(settings, is_read_only=True)
        except MixpanelDataError as error:
            yield engine.not_opened(error)
            return
        warehouse: OpenWarehouse = closing.enter_context(contextlib.closing(opened))
        obstacle = yield from engine.place_checks(settings, warehouse, deadline)
        if obstacle:
            yield from (skipped(SUBJECT, name, obstacle) for name in (_TABLES, _PROJECT))
            yield skipped(jobs.SUBJECT, "all", f"{SUBJECT} {obstacle}")
            return
        yield from _contents(settings, warehouse.within(deadline), clock)


def _contents(settings: Settings, warehouse: Warehouse, clock: Clock) -> Iterator[Check]:
    # On BigQuery a snapshot costs a query; on DuckDB it opens the file once.
    with contextlib.nullcontext(warehouse) if warehouse.is_billed else warehouse.snapshot() as reading:
        try:
            found = _Found(reading, frozenset(reading.tables()))
        except MixpanelDataError as error:
            yield failed(SUBJECT, _TABLES, error)
            return
        for name, look in ((_TABLES, _tables), (_PROJECT, _origin)):
            try:
                yield look(settings, found)
            except MixpanelDataError as error:
                yield failed(SUBJECT, name, error)
        yield from _time_basis(settings, found, clock)
        yield from _events(settings, found)
        yield from _jobs(settings, found, clock)


def _tables(settings: Settings, found: _Found) -> Check:
    """Whether the declared tables are there, with the columns that this version writes."""
    there = [name for name in TABLES if found.has(name)]
    missing = [name for name in TABLES if not found.has(name)]
    if not there:
        return _check(_TABLES, Verdict.SKIPPED, "No job has written a table yet.", "Run the first job: mp collect")
    columns = {name: TABLES[name].missing_from(found.warehouse.columns(name)) for name in there}
    lacking = [f"{name}.{column.name}" for name, without in columns.items() for column in without]
    told = [f"missing: {listed(missing, 5)}"] if missing else []
    told += [f"without the column: {listed(lacking, 5)}"] if lacking else []
    if not told:
        return _check(_TABLES, Verdict.OK, f"{plural(len(there), 'table')}, each with every column.")
    text = f"{len(there)} of {plural(len(TABLES), 'table')} there; {'; '.join(told)}."
    if settings.create_tables:
        return _check(_TABLES, Verdict.OK, f"{text} The next job that needs them makes them.")
    remedy = "Run terraform -chdir=infra apply; without Terraform set CREATE_TABLES=true for one run."
    return _check(_TABLES, Verdict.FAILED, text, remedy)


def _origin(settings: Settings, found: _Found) -> Check:
    """Whether what the jobs keep is of the project and the events table of the settings."""
    if not found.has(_LOCK_TABLE):
        return skipped(SUBJECT, _PROJECT, _TABLES)
    own = origin(settings)
    try:
        runs.check_origin(found.warehouse, own)
    except ConfigError as error:
        return failed(SUBJECT, _PROJECT, error)
    return _check(_PROJECT, Verdict.OK, f"Nothing but {own} has been written here.")


def _time_basis(settings: Settings, found: _Found, clock: Clock) -> Iterator[Check]:
    """Whether the events are in the zone of the settings."""
    if not found.has(_EVENT_TABLE):
        return
    setting = mixpanel.ZoneSetting(settings.mixpanel_timezone, settings.mixpanel_time_basis)
    try:
        yield time_basis.time_basis_check(found.warehouse, setting, clock())
    except MixpanelDataError as error:
        yield failed(mixpanel.SUBJECT, time_basis.NAME, error)


def _events(settings: Settings, found: _Found) -> Iterator[Check]:
    """The events that the configuration names and that never arrived."""
    if not found.has(_MINUTE_TABLE):
        return
    try:
        configured = events_config(settings)
        arrived = {row["event_name"] for row in found.warehouse.rows(KNOWN_NAMES)}
    except MixpanelDataError:
        # The checks of the file and of the tables say it.
        return
    names = [event.name for event in configured.events if event.enabled and event.name != "*"]
    unknown = [name for name in names if name not in arrived]
    if not arrived or not names:
        return
    for name in unknown:
        yield _unknown_event(name, configured, arrived)
    if not unknown:
        yield Check(
            configuration.SUBJECT,
            _EVENTS,
            Verdict.OK,
            f"{plural(len(names), 'event')} named there, and all have arrived.",
        )


def _unknown_event(name: str, configured: EventsConfig, arrived: set[str]) -> Check:
    redactor = Redactor(configured.redact.properties, configured.redact.patterns)
    nearest = near(name, [each for each in arrived if redactor.text(each) == each])
    like = f" Nearest: {listed(nearest)}." if nearest else ""
    return Check(
        configuration.SUBJECT,
        _EVENTS,
        Verdict.WARNING,
        f"No event {name!r} has arrived.{like}",
        "Correct its name in the events configuration, unless it is yet to come.",
    )


def _jobs(settings: Settings, found: _Found, clock: Clock) -> Iterator[Check]:
    """How old the jobs are."""
    now = clock()
    try:
        rows = runs.newest(found.warehouse, now - jobs.SINCE) if found.has(_RUN_TABLE) else []
    except MixpanelDataError as error:
        yield failed(jobs.SUBJECT, "all", error)
        return
    try:
        calls = configuration.schedules()
    except ConfigError:
        # The check of the file says it.
        calls = None
    yield from jobs.job_checks(rows, calls, now, is_deployed=settings.duckdb_path is None)


def _check(name: str, verdict: Verdict, found: str, remedy: str | None = None) -> Check:
    return Check(SUBJECT, name, verdict, found, remedy)
