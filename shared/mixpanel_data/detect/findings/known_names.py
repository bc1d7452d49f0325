"""The check that a call names events that there are, with the nearest names for one that there is not."""

from collections.abc import Sequence

from mixpanel_data.base.errors import NotFoundError
from mixpanel_data.base.nearest import nearest
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.configuration.events import EventsConfig, EventSelection
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import statement

KNOWN_NAMES = statement("detect/findings/known_names.sql")
_NONE = "No events have arrived yet."


def check_names(
    warehouse: Warehouse,
    events: EventsConfig,
    names: Sequence[str] | None,
    *,
    parameter: str = "events",
    advice: str = "",
) -> EventSelection:
    """The events that a call is about: those that it names, or all that are enabled (None).

    An event with an entry in the configuration may be yet to come. Raises NotFoundError, with the name of the
    parameter, for any other that never arrived, with the nearest names and the advice; RequestError for one that is not
    enabled; and the warehouse's errors.
    """
    if names is None:
        return events.selection
    configured = {event.name for event in events.events} - {"*"}
    unknown = [name for name in names if name not in configured]
    if unknown:
        arrived = {row["event_name"] for row in warehouse.rows(KNOWN_NAMES)}
        for name in unknown:
            if name not in arrived:
                hint = nearest(name, _offered(events, arrived | configured), _NONE)
                raise NotFoundError(f"{parameter} is {name!r}, and no event has this name. {hint} {advice}".rstrip())
    return events.selected(names)


def _offered(events: EventsConfig, names: set[str]) -> list[str]:
    """The names that an error may show: of enabled events, and without personal data."""
    redactor = Redactor(events.redact.properties, events.redact.patterns)
    selection = events.selection
    return [name for name in names if name in selection and redactor.text(name) == name]
