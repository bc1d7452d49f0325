"""`config/user_metrics.json`: the metrics to keep per user, and the targets that get them too."""

import re
import sys
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from mixpanel_data.base.identifiers import RESERVED
from mixpanel_data.configuration.base import Configuration, Name

OWN_COLUMNS = frozenset({"distinct_id", "day", "events_processed", "first_event_time", "last_event_time", "updated_at"})
"""Columns that the users' tables have whatever is configured."""
VERSION_SUFFIX = "_place"
"""Appended to a metric's name: the column with the version of its newest value, by which a later event wins."""
_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,199}")
# A table name in PostgreSQL, with or without a schema.
_TABLE = r"^[A-Za-z_][A-Za-z0-9_]{0,62}(\.[A-Za-z_][A-Za-z0-9_]{0,62})?$"
_POSTGRES_NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,62}$"
# Properties that Mixpanel maintains itself: they identify a profile, or follow from its events.
_NOT_TO_BE_SET = {"$distinct_id", "$token", "$last_seen", "$mp_first_event_time"}


def _column(name: str) -> str:
    if not _COLUMN.fullmatch(name):
        raise ValueError("use at most 200 letters, digits and _, starting with a letter")
    if RESERVED.fullmatch(name):
        raise ValueError("that is a reserved word in SQL; give another name")
    if name.lower() in OWN_COLUMNS:
        raise ValueError("that column always exists; give another name")
    return name


def _condition(value: object) -> object:
    """One value or several, as a tuple; an empty list is refused, because nothing would ever match it."""
    values = value if isinstance(value, list | tuple) else (value,)
    if not values:
        raise ValueError("give at least one value")
    for one in values:
        if not isinstance(one, str | bool | int | float):
            raise ValueError("give text, a number, true or false, or a list of these")
        if not isinstance(one, str) and not abs(one) <= sys.float_info.max:
            raise ValueError("the number is too large; give a smaller one")
    return tuple(values)


def _property(name: str) -> str:
    if name in _NOT_TO_BE_SET:
        raise ValueError("Mixpanel sets that property itself; give another name")
    return name


Scalar = str | bool | int | float
Column = Annotated[str, AfterValidator(_column)]
Property = Annotated[Name, AfterValidator(_property)]
Values = Annotated[object, AfterValidator(_condition)]


class Counter(Configuration):
    """The number of a user's events of this name, or the sum of a number in them; `where` selects some of them."""

    event: Name
    sum: Name | None = None
    where: Mapping[Name, Values] = {}

    def conditions(self) -> Iterator[tuple[str, tuple[Scalar, ...]]]:
        """Each property, with the values that match."""
        yield from self.where.items()  # type: ignore[misc]  # what `_condition` makes of it


class ValueType(StrEnum):
    """The GoogleSQL type of a property."""

    STRING = "STRING"
    INT64 = "INT64"
    NUMERIC = "NUMERIC"
    BOOL = "BOOL"
    TIMESTAMP = "TIMESTAMP"


_OWN_TYPES = {
    "events_processed": ValueType.INT64,
    "first_event_time": ValueType.TIMESTAMP,
    "last_event_time": ValueType.TIMESTAMP,
    "updated_at": ValueType.TIMESTAMP,
}


class Latest(Configuration):
    """A property's value in the newest event that has it; `events` limits the search to these names."""

    property: Name
    type: Annotated[ValueType, Field(strict=False)]
    events: Annotated[tuple[Name, ...], Field(min_length=1, strict=False)] | None = None


class PostgresTarget(Configuration):
    """A table in PostgreSQL that gets the totals of every changed user.

    `columns` gives the table's own names for metrics and for the columns that always exist: null leaves one out, and
    one that it does not mention keeps its name.
    """

    table: Annotated[str, StringConstraints(pattern=_TABLE)]
    columns: Mapping[Name, Annotated[str, StringConstraints(pattern=_POSTGRES_NAME)] | None] = {}

    @field_validator("columns")
    @classmethod
    def _rows_have_a_key(cls, columns: Mapping[str, str | None]) -> Mapping[str, str | None]:
        if "distinct_id" in columns and columns["distinct_id"] is None:
            raise ValueError("distinct_id is the row key and cannot be left out: give its column")
        return columns

    def column(self, name: str) -> str | None:
        """A metric's column in the table; None if the table leaves it out."""
        return self.columns.get(name, name)


class ProfileTarget(Configuration):
    """Mixpanel profiles that get the totals of every changed user: a profile property for each metric listed."""

    properties: Annotated[Mapping[Name, Property], Field(min_length=1)]


class Targets(Configuration):
    """The targets outside the warehouse that get the totals too; none by default."""

    postgres: PostgresTarget | None = None
    mixpanel: ProfileTarget | None = None


class By(StrEnum):
    """The unit of totals: each distinct id, or all ids of a cluster of the identity graph together."""

    USER = "user"
    CLUSTER = "cluster"


class UserMetrics(Configuration):
    """The document in `config/user_metrics.json`: the metrics, each by the name of its column."""

    counters: Mapping[Column, Counter] = {}
    latest: Mapping[Column, Latest] = {}
    current: Mapping[Column, Latest] = {}
    by: Annotated[By, Field(strict=False)] = By.USER
    sync: Targets = Targets()

    @model_validator(mode="after")
    def _columns_are_unique(self) -> "UserMetrics":
        seen: dict[str, str] = {}
        for kind, name in self._columns():
            if name.lower() in seen:
                raise ValueError(
                    f"{kind}.{name} is a column that {seen[name.lower()]} already makes: rename one of them"
                )
            seen[name.lower()] = f"{kind}.{name}"
        return self

    @model_validator(mode="after")
    def _only_metrics_are_synced(self) -> "UserMetrics":
        tables = self.sync.postgres.columns if self.sync.postgres else {}
        profiles = self.sync.mixpanel.properties if self.sync.mixpanel else {}
        for field, names in (("sync.postgres.columns", tables), ("sync.mixpanel.properties", profiles)):
            for name in names:
                if name not in self.types or (names is profiles and name == "distinct_id"):
                    raise ValueError(
                        f"{field}.{name} is not a metric of this configuration: remove it, or correct its name"
                    )
        return self

    @model_validator(mode="after")
    def _tables_have_a_column_for_each(self) -> "UserMetrics":
        if self.sync.postgres is None:
            return self
        seen: dict[str, str] = {}
        for name in self.types:
            column = self.sync.postgres.column(name)
            if column is None:
                continue
            if not re.fullmatch(_POSTGRES_NAME, column):
                raise ValueError(
                    f"sync.postgres.columns.{name} is missing: the name is longer than PostgreSQL allows. "
                    "Give one of at most 63 characters, or null"
                )
            if column in seen:
                raise ValueError(
                    f"sync.postgres.columns.{name} is {column!r}, which {seen[column]} is written to: rename one"
                )
            seen[column] = name
        if not seen.keys() - {self.sync.postgres.column("distinct_id"), self.sync.postgres.column("updated_at")}:
            raise ValueError("sync.postgres.columns leaves out every metric: keep at least one")
        return self

    @model_validator(mode="after")
    def _properties_have_a_name_each(self) -> "UserMetrics":
        seen: dict[str, str] = {}
        for name, called in (self.sync.mixpanel.properties if self.sync.mixpanel else {}).items():
            if called in seen:
                raise ValueError(
                    f"sync.mixpanel.properties.{name} is {called!r}, which {seen[called]} is set to: rename one"
                )
            seen[called] = name
        return self

    @property
    def names(self) -> list[str]:
        """The names of the metrics; without the columns that always exist."""
        return [*self.counters, *self.latest, *self.current]

    @property
    def types(self) -> dict[str, ValueType]:
        """The types of a user's values by name: the metrics, and the columns that always exist; without `day`."""
        counters = {name: ValueType.NUMERIC if one.sum else ValueType.INT64 for name, one in self.counters.items()}
        properties = {name: one.type for name, one in (*self.latest.items(), *self.current.items())}
        return {"distinct_id": ValueType.STRING, **counters, **properties, **_OWN_TYPES}

    def _columns(self) -> Iterator[tuple[str, str]]:
        yield from (("counters", name) for name in self.counters)
        for kind, metrics in (("latest", self.latest), ("current", self.current)):
            for name in metrics:
                yield kind, name
                yield kind, f"{name}{VERSION_SUFFIX}"
