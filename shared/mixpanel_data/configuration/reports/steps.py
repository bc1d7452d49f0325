"""Steps: which events a report looks for."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from mixpanel_data.configuration.base import Configuration, Name
from mixpanel_data.configuration.reports.conditions import Where


def _names(value: object) -> object:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


Events = Annotated[tuple[Name, ...], BeforeValidator(_names)]
"""The name of an event, or several; several mean any of them."""


class Step(Configuration):
    """An event of one of these names that meets a condition; no names: an event of any name."""

    events: Events = ()
    where: Where | None = None
    label: Name | None = None

    @property
    def title(self) -> str:
        """What answers call the step."""
        return self.label or " or ".join(self.events) or "any event"


def short_step(value: object) -> object:
    """A step from its short form, an event's name."""
    return {"events": value} if isinstance(value, str) else value


def _steps(value: object) -> object:
    """The short form: one step in place of a list."""
    return value if isinstance(value, list | tuple) else (value,)


AnyStep = Annotated[Step, BeforeValidator(short_step)]
Steps = Annotated[tuple[AnyStep, ...], Field(strict=False), BeforeValidator(_steps)]
