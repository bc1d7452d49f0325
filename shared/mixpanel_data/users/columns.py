"""The columns of metrics: a type never changes, a missing column is added, and a sum needs numbers to add up."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.user_metrics import VERSION_SUFFIX, UserMetrics
from mixpanel_data.users.metrics import Metrics
from mixpanel_data.users.metrics.definitions import Definition
from mixpanel_data.users.statements import HISTORY, KINDS_OF_VALUES, NEWEST_MINUTE
from mixpanel_data.warehouse.base import Row, Warehouse

_TABLES = ("user_daily_metrics", "user_insights")
# A property that holds numbers shows one among this many of an event's newest occurrences, so that a check reads a week
# of the event and not its history.
_SAMPLE = 1000
_SAMPLED = timedelta(days=7)
_ALL = 2**62

Columns = Mapping[str, Mapping[str, str]]
"""The columns of both tables of users, by table and by name in lower case, with their GoogleSQL types."""


def stored_columns(warehouse: Warehouse) -> Columns:
    """The columns that exist."""
    return {table: warehouse.columns(table) for table in _TABLES}


def check_types(metrics: Metrics, stored: Columns) -> None:
    """Raise ConfigError for a metric whose column exists with another type."""
    for table, columns in stored.items():
        for name, type_ in metrics.columns.items():
            found = columns.get(name.lower(), type_)
            if found != type_:
                raise ConfigError(
                    f"{_field(metrics, name)} needs a column of type {type_}, but the column {name} of {table} is "
                    f"{found}, and a column's type cannot change. Rename the metric, or drop the column from both "
                    "tables."
                )


def check_sums(warehouse: Warehouse, config: UserMetrics, changed: Iterable[Definition]) -> None:
    """Raise ConfigError for a changed metric that adds up a property without a number in any event."""
    for definition in changed:
        counter = config.counters.get(definition.name) if definition.kind == "counters" else None
        if counter is None or counter.sum is None:
            continue
        kinds = _kinds_of_values(warehouse, counter.event, counter.sum)
        if kinds["others"] and not kinds["numbers"]:
            raise ConfigError(
                f"counters.{definition.name}.sum: {counter.sum!r} is not a number in any of the {kinds['others']} "
                f"{counter.event!r} events that have it. Name a property that holds numbers, or remove sum to count "
                "the events."
            )


def add_missing(warehouse: Warehouse, metrics: Metrics, stored: Columns) -> None:
    """Add the columns of new metrics to both tables; a column that exists stays as it is."""
    for table, columns in stored.items():
        missing = {name: type_ for name, type_ in metrics.columns.items() if name.lower() not in columns}
        if missing:
            warehouse.add_columns(table, missing)


def _field(metrics: Metrics, column: str) -> str:
    """The field of the configuration that a column comes from."""
    kinds = {definition.name: definition.kind for definition in metrics.definitions}
    fields = (f"{kind}.{name}" for name, kind in kinds.items() if column in (name, f"{name}{VERSION_SUFFIX}"))
    return next(fields, column)


def _kinds_of_values(warehouse: Warehouse, event: str, property_: str) -> Row:
    """The kinds of a property's values in the newest events of a name; where none is a number, in all its events."""
    (newest,) = warehouse.rows(NEWEST_MINUTE, event=event, **HISTORY)
    end = (newest["minute"] or HISTORY["history_from"]) + timedelta(minutes=1)
    for first, most in ((end - _SAMPLED, _SAMPLE), (HISTORY["history_from"], _ALL)):
        (kinds,) = warehouse.rows(
            KINDS_OF_VALUES, property=property_, event=event, first_day=first, end_day=end, most=most
        )
        if kinds["numbers"]:
            break
    return kinds
