"""The statements of reports, as definitions of every kind render them."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from mixpanel_data.configuration.reports.definitions import AnyReport
from mixpanel_data.reports.answers.answering import parts_of
from mixpanel_data.reports.relations.asking import Asking, Frozen
from mixpanel_data.reports.relations.sources import collected
from mixpanel_data.warehouse.base import RowStream, Value, Warehouse
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data.workspace.reporting.coverage import days_of_events
from mixpanel_data.workspace.reporting.names import check_event_names

_NOW = datetime(2025, 11, 20, tzinfo=UTC)
# Over a change of the clock, so that the statement has its two offsets.
ZONE = ZoneInfo("Europe/Berlin")
_DAYS = {"from_date": "2025-10-20", "to_date": "2025-11-02"}
KEPT = Frozen("kept", "v1")
_WHERE = {"plan": "pro", "amount": {"at_least": 1}}
_BUYERS = {"did": "Buy", "where": {"amount": [1, 2.5]}}
_OF_BUYERS = {"segment": {"any": [_BUYERS, {"ids": ["ann"]}]}, "by": "cluster"}
_BUY = {"events": "Buy", "where": _WHERE}
# Each is worked out in its own way at the end of periods.
_EVERY_WAY = (
    {"did": "Buy", "where": _WHERE},
    {"did": "Buy", "within_days": 7, "at_most": 2},
    {"did": "Buy", "sum": "amount", "at_least": 5},
    {"did": "Buy", "sum": "amount", "at_most": 5, "within_days": 7},
    {"first_did": "Buy", "within_days": 7},
    {"ids": ["ann"]},
)

_ASKED: tuple[dict[str, Any], ...] = (
    {"report": "segmentation", "events": ["A", _BUY], "measure": "median", "property": "a", "on": "plan", **_OF_BUYERS},
    {"report": "active_users", "event": _BUY, "unit": "week", **_OF_BUYERS},
    {"report": "frequency", "event": _BUY, "unit": "week", **_OF_BUYERS},
    {"report": "retention", "born": "A", "returned": _BUY, "on": "plan", "counting": "streak", **_OF_BUYERS},
    {"report": "retention"},
    {"report": "retention", "first_ever": True, "align": "calendar", "unit": "week", "counting": "on_or_before"},
    {"report": "retention", "mode": "recurring", "brackets": [1, 2], "counting": "on_or_after", "on": "a", "width": 2},
    {"report": "retention", "mode": "recurring", "align": "calendar", "unit": "month", "born": "A", "returned": "B"},
    {
        "report": "funnel",
        "steps": ["A", _BUY],
        "exclude": [_BUY],
        "on": "plan",
        "hold": ["a"],
        "unit": "week",
        **_OF_BUYERS,
    },
    {"report": "funnel", "steps": ["A", "B", "Buy"], "exclude": [{"events": "X", "after": 2}]},
    {"report": "funnel", "steps": ["A", "A", {"events": []}], "count": "attempts", "unit": "month"},
    {
        "report": "funnel",
        "steps": ["A", "B", "A"],
        "count": "attempts",
        "on": "a",
        "width": 2,
        "order": "any",
        "hold": ["a"],
    },
    {"report": "funnel", "steps": ["A", "B"], "count": "sessions", "on": "a", "edges": [0, 1], "attribute": 2},
    {"report": "sessions", "exclude": ["A"], "unit": "week", **_OF_BUYERS},
    {"report": "sessions"},
    {"report": "sessions", "segment": {"not": "kept"}},
    {"report": "active_users", "segment": "kept", "by": "cluster"},
    {
        "report": "paths",
        "anchor": _BUY,
        "where": _WHERE,
        "hidden": ["B"],
        "collapse": True,
        "backward": 2,
        **_OF_BUYERS,
    },
    {"report": "paths", "anchor": "A", "backward": 1},
)
_ASKED_ABOUT_PEOPLE: tuple[dict[str, Any], ...] = (
    {"report": "journey", "id": "ann"},
    {"report": "profile", "id": "ann"},
    {"report": "profiles", "where": [_WHERE, {"plan": "free"}], "email": "a@b.c", "by": "cluster"},
    {"report": "profiles", "where": {"plan": {"set": True}}, "id": "bob"},
    {"report": "profiles"},
    {"report": "cohort", "segment": {"all": [*_EVERY_WAY, {"not": "kept"}]}, "by": "cluster", "unit": "week", **_DAYS},
    {"report": "cohort", "segment": {"ids": ["ann"]}, "unit": "month", **_DAYS},
    {"report": "cohort", "segment": _OF_BUYERS["segment"], "by": "cluster"},
)
"""The first of each report has all that a definition can ask for, as far as it goes together."""

_REPORT: TypeAdapter[AnyReport] = TypeAdapter(AnyReport)
DEFINITIONS: tuple[AnyReport, ...] = tuple(
    _REPORT.validate_python(each) for each in (*(_DAYS | asked for asked in _ASKED), *_ASKED_ABOUT_PEOPLE)
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement, and the values of its parameters."""

    statement: Statement
    values: dict[str, Value]

    def __str__(self) -> str:
        return str(self.statement)


class _TakenError(Exception):
    """The statement is taken, and nothing answers it."""


class _Taking:
    """A warehouse that takes the first statement that it is asked."""

    asked: Asked | None = None

    def stream(self, statement: Statement, **values: Value) -> AbstractContextManager[RowStream]:
        self.asked = Asked(statement, values)
        raise _TakenError


def asked(definition: AnyReport) -> Asked:
    """The statement by which a definition is answered, in the first of its periods and segments."""
    taking = _Taking()
    asking = Asking(collected(cast(Warehouse, taking)), ZONE, _NOW, _NOW, saved={"kept": KEPT})
    with suppress(_TakenError):
        parts_of(definition, asking)
    assert taking.asked is not None
    return taking.asked


def asked_of_names() -> Asked:
    """The statement that looks for the events that a definition names."""
    taking = _Taking()
    with suppress(_TakenError):
        check_event_names(DEFINITIONS[0], Asking(collected(cast(Warehouse, taking)), ZONE, _NOW, _NOW))
    assert taking.asked is not None
    return taking.asked


def asked_of_coverage() -> Asked:
    """The statement that looks for the first and the last event of a table."""
    taking = _Taking()
    with suppress(_TakenError):
        days_of_events(Asking(collected(cast(Warehouse, taking)), ZONE, _NOW, _NOW))
    assert taking.asked is not None
    return taking.asked


def rendered_for_reports(definitions: Sequence[AnyReport] = DEFINITIONS) -> Iterator[Statement]:
    """The fullest statement of each template."""
    found: dict[str, Statement] = {}
    for definition in definitions:
        statement = asked(definition).statement
        found.setdefault(statement.name, replace(statement, undeclared={}))
    yield from found.values()
    yield replace(asked_of_names().statement, undeclared={})
    yield replace(asked_of_coverage().statement, undeclared={})
