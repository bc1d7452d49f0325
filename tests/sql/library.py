"""Every SQL statement of the library, and the relations that they read and write."""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import mixpanel_data
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.user_metrics import UserMetrics
from mixpanel_data.users.metrics import Metrics, metrics_of
from mixpanel_data.users.statements import Statements
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.warehouse.tables import STAGED_LINES, TABLES, Table
from sql.identity_library import SAMPLES, SOURCE, rendered_for_identity
from sql.report_library import rendered_for_reports
from sql.zetasql_engine import Columns, GoogleSqlError, Relations, analyze

PACKAGE = Path(mixpanel_data.__file__).parent
METRICS = metrics_of(
    UserMetrics.model_validate(
        {
            "counters": {
                "commits": {"event": "commit"},
                "lines": {"event": "commit", "sum": "insertions", "where": {"is_merge": False}},
                "reviews": {"event": "review", "where": {"area": ["net", "mm", 1], "is_late": [True, 2.5]}},
            },
            "latest": {
                "area": {"property": "area", "type": "STRING", "events": ["commit", "review"]},
                "insertions": {"property": "insertions", "type": "INT64"},
                "seen_at": {"property": "seen at", "type": "TIMESTAMP"},
            },
            "current": {
                "is_member": {"property": "is.member", "type": "BOOL"},
                "balance": {"property": "balance", "type": "NUMERIC", "events": ["review"]},
            },
        }
    ),
    EventsConfig.model_validate({"events": [{"name": "*"}]}),
)
"""The metrics that the statements are rendered for."""

LISTED_QUERIES = {
    **dict.fromkeys(("job_id", "job_type", "parent_job_id", "statement_type", "reservation_id"), "STRING"),
    "creation_time": "TIMESTAMP",
    "total_bytes_billed": "INT64",
    "labels": "ARRAY<STRUCT<key STRING, value STRING>>",
}
"""Columns of BigQuery's INFORMATION_SCHEMA.JOBS, as its page information-schema-jobs documents them."""


@cache
def statements() -> tuple[Statement, ...]:
    """Those that stand in a module of the library, alone or in a collection, by name."""
    everywhere = [one for module in _modules() for value in vars(module).values() for one in _within(value)]
    made = [*rendered(METRICS), *rendered_for_identity(), *rendered_for_reports()]
    found = {str(one): one for one in [*everywhere, *made]}
    return tuple(found[name] for name in sorted(found))


def sql_files() -> set[str]:
    """The paths of the library's SQL files, as statements are named."""
    return {path.relative_to(PACKAGE).as_posix() for path in [*PACKAGE.rglob("*.sql"), *PACKAGE.rglob("*.sql.jinja")]}


def declared(metrics: Metrics = METRICS) -> dict[str, Columns]:
    """The tables of the dataset, those of users with the columns of the metrics, and the staged lines."""
    tables = {name: _columns(table) for name, table in [*TABLES.items(), (STAGED_LINES.name, STAGED_LINES)]}
    for name in ("user_daily_metrics", "user_insights"):
        tables[name] = {**tables[name], **metrics.columns}
    made = {"sample_events": SAMPLES, "information_schema_jobs": LISTED_QUERIES}
    return {**tables, **{f"source_{letter}": SOURCE for letter in "abc"}, **made}


@cache
def relations() -> Relations:
    """The declared tables and the relations that statements create; those that cannot be analyzed are left out."""
    return with_created(declared(), statements())


def with_created(known: Relations, creating: Iterable[Statement]) -> Relations:
    """The relations, and those that the statements create, each after those that it is made of."""
    left: dict[str, Statement] = {}
    for statement in creating:
        if statement.creates:
            left.setdefault(statement.creates, statement)
    grown = dict(known)
    while ready := [name for name, statement in left.items() if not statement.tables() & left.keys()]:
        for name in ready:
            statement = left.pop(name)
            try:
                grown[name] = analyze(statement.on({}), grown, statement.parameters)
            except GoogleSqlError:
                continue
    return grown


def used(statement: Statement, among: Relations) -> Relations:
    """The relations that the statement names."""
    return {name: columns for name, columns in among.items() if name in statement.tables()}


def rendered(metrics: Metrics) -> Iterator[Statement]:
    """The statements that name metrics."""
    made = Statements(metrics)
    yield from (made.fresh_daily(), made.daily_changes(), made.key_changes(), made.moved_keys())
    # What two of them create under one name has the same columns: the first is what others are checked against.
    changed = dict.fromkeys(("gone_days", "changed_days", "new_days"), 1)
    yield from made.publish_days({**changed, "dirty_totals": 0}, has_targets=True)
    yield from made.publish_days({**changed, "dirty_totals": 1}, has_targets=True)
    yield from made.publish_moves(has_targets=True)
    yield from made.empty_columns(list(metrics.columns))


def _modules() -> Iterator[ModuleType]:
    for module in pkgutil.walk_packages(mixpanel_data.__path__, "mixpanel_data."):
        if module.name.endswith("__main__"):
            continue
        try:
            yield importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            # An engine or a face whose own libraries are not installed here; its SQL files would be missed by name.
            if error.name is None or error.name.startswith("mixpanel_data"):
                raise


def _within(value: Any) -> Iterator[Statement]:
    if isinstance(value, Statement):
        yield value
    elif isinstance(value, Mapping):
        yield from _within(tuple(value.values()))
    elif isinstance(value, (tuple, list)):
        for element in value:
            yield from _within(element)


def _columns(table: Table) -> Columns:
    return {column.name: f"ARRAY<{column.type}>" if column.is_array else column.type for column in table.columns}
