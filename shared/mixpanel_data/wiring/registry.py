"""The event registry with the tracking plan, and what may be read of it, redacted by the rule of the detector."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from mixpanel_data import registry
from mixpanel_data.base.parameters import Page
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.registry import reading
from mixpanel_data.registry.reading.redacting import shown
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.wiring.files import tracking_plan
from mixpanel_data.wiring.origin import origin
from mixpanel_data.wiring.redaction import redactor
from mixpanel_data.wiring.session import Call, Session

RequestT = TypeVar("RequestT")
Answer = TypeVar("Answer")


def run(request: registry.Request, session: Session, call: Call) -> registry.Result:
    """Run the registry. Raises ConfigError naming a wrong entry of the plan, and what `registry.run` raises."""
    settings = session.settings
    hide = redactor(settings)
    result = registry.run(
        request,
        run_id=call.run_id,
        warehouse=session.warehouse.within(call.deadline, registry.Request.job),
        plan=tracking_plan(settings),
        options=registry.Options(
            call.lease_seconds,
            settings.slack_channel or "",
            hide,
            origin(settings),
            interval_hours=settings.registry_interval_hours,
        ),
        clock=call.clock,
        deadline=call.deadline,
    )
    return replace(result, changes=[shown(change, hide) for change in result.changes])


def events(request: reading.EventsRequest, session: Session, call: Call) -> Page:
    """Read events. Raises what `reading.events` raises, TableNotFoundError where no run has made the tables."""
    return _read(reading.events, request, session, call)


def event(request: reading.EventRequest, session: Session, call: Call) -> reading.EventDetails:
    """Read one event. Raises what `reading.event` raises, TableNotFoundError where no run has made the tables."""
    return _read(reading.event, request, session, call)


def properties(request: reading.PropertiesRequest, session: Session, call: Call) -> Page:
    """Read properties. Raises what `reading.properties` raises, TableNotFoundError where no run has made the tables."""
    return _read(reading.properties, request, session, call)


def changes(request: reading.ChangesRequest, session: Session, call: Call) -> Page:
    """Read changes. Raises what `reading.changes` raises, TableNotFoundError where no run has made the tables."""
    return _read(reading.changes, request, session, call)


def violations(request: reading.ViolationsRequest, session: Session, call: Call) -> Page:
    """Read violations. Raises what `reading.violations` raises, TableNotFoundError where no run has made the tables."""
    return _read(reading.violations, request, session, call)


def _read(
    read: Callable[[Warehouse, RequestT, Redactor], Answer], request: RequestT, session: Session, call: Call
) -> Answer:
    """Read through a session that makes no tables."""
    settings = replace(session.settings, create_tables=False)
    with Session(settings) as reader:
        return read(reader.warehouse.within(call.deadline), request, redactor(settings))
