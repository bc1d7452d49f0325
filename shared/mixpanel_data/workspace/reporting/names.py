"""The events that a definition names, compared with those that are stored."""

from collections.abc import Iterator
from dataclasses import replace

from pydantic import BaseModel

from mixpanel_data.base.errors import NotFoundError
from mixpanel_data.base.nearest import nearest
from mixpanel_data.configuration.reports.definitions import AnyReport, Report
from mixpanel_data.configuration.reports.steps import Step
from mixpanel_data.reports.relations.asking import Asking
from mixpanel_data.reports.relations.days import days_asked
from mixpanel_data.reports.relations.question import Question
from mixpanel_data.reports.relations.windows import EVER, Window

_STATEMENT = "workspace/reporting/event_names.sql.jinja"
# The fields that have names of events, in any shape of a definition.
_FIELDS = ("events", "did", "first_did", "hidden")


def check_event_names(definition: AnyReport, asking: Asking) -> None:
    """Raise NotFoundError for an event that no stored event is named as, with its field and the nearest names.

    Looks at the days of the report first, if it has any, and at all events only for names that these do not have.
    """
    named = {name: where for where, name in _names(definition, "")}
    for segment, saved in asking.saved.items():
        if isinstance(saved, BaseModel):
            named |= {name: f"segment {segment!r}: {where}" for where, name in _names(saved, "")}
    if not named:
        return
    unknown = set(named)
    if isinstance(definition, Report):
        unknown -= _stored(asking, asking.window(*days_asked(definition)))
    if not unknown:
        return
    stored = _stored(asking, EVER)
    for name, where in named.items():
        if name in unknown - stored:
            hint = nearest(name, stored, "There are no events yet.")
            raise NotFoundError(f"{where} is {name!r}, and no event has this name. {hint}")


def _names(shape: object, where: str) -> Iterator[tuple[str, str]]:
    """Each event that a shape names, with the way to its field."""
    if isinstance(shape, BaseModel):
        for field, value in shape:
            inside = f"{where}.{type(shape).model_fields[field].alias or field}".lstrip(".")
            if isinstance(value, tuple) and _has_names(field, value):
                place = where if isinstance(shape, Step) else inside
                yield from ((place, name) for name in value if isinstance(name, str))
            else:
                yield from _names(value, inside)
    elif isinstance(shape, tuple):
        for number, value in enumerate(shape):
            yield from _names(value, f"{where}[{number}]")


def _has_names(field: str, values: tuple[object, ...]) -> bool:
    # `exclude` has steps in a funnel, and names in sessions.
    return field in (*_FIELDS, "exclude") and all(isinstance(value, str) for value in values)


def _stored(asking: Asking, window: Window) -> set[str]:
    question = Question(replace(asking, segment=None))
    question.add_events(window)
    return {row["event_name"] for row in question.rows(_STATEMENT)}
