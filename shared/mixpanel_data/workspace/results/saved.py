"""What is saved in a project, and what is on in it today."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from mixpanel_data.workspace.results.base import Plain, Table


@dataclass(frozen=True)
class TopEvent(Plain):
    """One of today's most common events.

    `count` is whole, but for averages. `percent_change` is a fraction: -0.2 is a fifth less than yesterday.
    """

    event: str
    count: float
    percent_change: float


@dataclass(frozen=True)
class FunnelInfo(Plain):
    """A saved funnel."""

    funnel_id: int
    name: str


@dataclass(frozen=True)
class SavedCohort(Plain):
    """A saved cohort with its number of users; `created` is Mixpanel's text, without a time zone."""

    id: int
    name: str
    count: int
    description: str
    created: str
    is_visible: bool


@dataclass(frozen=True)
class AnnotationUser(Plain):
    """Who wrote an annotation."""

    id: int
    first_name: str = ""
    last_name: str = ""


@dataclass(frozen=True)
class AnnotationTag(Plain):
    """A tag of annotations."""

    id: int
    name: str = ""


@dataclass(frozen=True)
class Annotation(Plain):
    """A note on the project's charts. `date` is Mixpanel's text, in the project's time zone."""

    id: int
    date: str
    description: str
    user: AnnotationUser | None = None
    tags: list[AnnotationTag] = field(default_factory=list)


@dataclass(frozen=True)
class SavedReportResult(Table):
    """The numbers of a saved Insights report. Times are Mixpanel's texts, with the project's offset.

    `series` is as Mixpanel sends it, and its depth depends on the report. `df` has a row for each number: `event` (the
    name of the series), a column for each breakdown (`segment`, `segment_2`, …), `date`, and `count`.
    """

    columns: ClassVar[tuple[str, ...]] = ("date", "event", "count")

    bookmark_id: int
    computed_at: str
    from_date: str
    to_date: str
    headers: list[str] = field(default_factory=list)
    series: dict[str, Any] = field(default_factory=dict)

    @property
    def report_type(self) -> str:
        """What kind of report this is, by its headers: `insights`, `retention`, `funnel` or `flows`."""
        shown = " ".join(self.headers).lower()
        return next((kind for kind in ("retention", "funnel", "flows") if f"${kind}" in shown), "insights")

    def records(self) -> list[dict[str, Any]]:
        return [_row(path, value) for path, value in _leaves(self.series)]


def _leaves(tree: Mapping[str, Any], path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    leaves: list[tuple[tuple[str, ...], Any]] = []
    for key, value in tree.items():
        at = (*path, key)
        leaves += _leaves(value, at) if isinstance(value, Mapping) else [(at, value)]
    return leaves


def _row(path: tuple[str, ...], value: object) -> dict[str, Any]:
    """The row of a number: the first key is the series, the last one the date, and those between are breakdowns."""
    event, *between = path
    date = between.pop() if between else None
    named = {("segment" if number == 1 else f"segment_{number}"): key for number, key in enumerate(between, start=1)}
    return {"date": date, "event": event, "count": value, **named}
