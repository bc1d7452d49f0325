"""The shapes of charts: figures with their labels, and nothing about how a medium shows them.

Texts are as the user gave them; every medium makes them safe for itself. None is a figure that does not exist.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from mixpanel_data.configuration.reports.definitions import AnyReport

Part = Mapping[str, Any]
"""The figures of one period and segment of an answer: `from_date`, `to_date`, `segment`, and what the report has."""


@dataclass(frozen=True, slots=True)
class Description:
    """What to say about an answer beside its figures.

    `timezone` is that of the days, `source` the table that was read, `version` that of the definition.
    """

    definition: AnyReport
    title: str
    timezone: str
    source: str
    version: str


class Kind(StrEnum):
    """What a figure is: a number of things, a share from 0 to 1, or a length of time in seconds."""

    NUMBER = "number"
    SHARE = "share"
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class Series:
    """A figure at each place of a chart, and that of the whole range, where there is one."""

    label: str
    values: tuple[float | None, ...]
    total: float | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """Figures over a sequence of places, such as days; `axis` names what the places are."""

    title: str
    kind: Kind
    axis: str
    places: tuple[str, ...]
    series: tuple[Series, ...]
    note: str = ""


def lines(title: str, kind: Kind, axis: str, places: Sequence[str], series: Sequence[Series], note: str = "") -> Lines:
    """A chart whose series are all as long as the longest: periods to compare with may be more or fewer."""
    length = max((len(each.values) for each in series), default=len(places))
    shown = [*places[:length], *(f"+{number}" for number in range(len(places), length))]
    filled = [replace(each, values=each.values + (None,) * (length - len(each.values))) for each in series]
    return Lines(title, kind, axis, tuple(shown), tuple(filled), note)


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure and its share of the longest bar there can be, from 0 to 1."""

    label: str
    value: float | None
    share: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Bars under one heading; without a heading, the only group of its chart."""

    heading: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """Figures to compare with one another."""

    title: str
    kind: Kind
    groups: tuple[Group, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """How many of a row are left in a column, and what share of the row's size that is."""

    users: int
    share: float | None
    is_complete: bool


@dataclass(frozen=True, slots=True)
class TriangleRow:
    """A cohort, or a period: its size, and a cell for each column."""

    label: str
    size: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Triangle:
    """Shares that shades tell; `axis` names what the rows are."""

    title: str
    axis: str
    columns: tuple[str, ...]
    rows: tuple[TriangleRow, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Users who went from an event at one place to an event at the next."""

    place: int
    source: str
    target: str
    users: int


@dataclass(frozen=True, slots=True)
class Flow:
    """The users at each event of each place; place 0 is the anchor."""

    title: str
    users: int
    places: Mapping[int, Mapping[str, int]]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Figures to look up; the first `labels` columns are text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    labels: int = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a listing: what it is about, such as a time or a name, what there is to say, and what is less."""

    lead: str
    text: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Entries:
    """Lines under one heading, such as a session; without a heading, the only group of its listing."""

    heading: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines to read; `columns` names what lead, text and detail are, as far as there are any."""

    title: str
    columns: tuple[str, ...]
    groups: tuple[Entries, ...]
    note: str = ""


Chart = Lines | Bars | Triangle | Flow | Table | Listing


def shares_of(values: Sequence[float | None]) -> list[float]:
    """Each value's share of the greatest one; 0 of none and of values below 0."""
    greatest = max((value for value in values if value is not None), default=0)
    return [max(0.0, value / greatest) if value is not None and greatest > 0 else 0.0 for value in values]
