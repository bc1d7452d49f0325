"""HTTP face of `registry`: a record shows which events and properties exist, their types, and what changed."""

import flask
import functions_framework

from mixpanel_data import http, registry
from mixpanel_data.registry import reading
from mixpanel_data.wiring.registry import changes, event, events, properties, run, violations

VIEWS = (
    http.View("/events", reading.EventsRequest, events),
    http.View("/events/<path:name>", reading.EventRequest, event),
    http.View("/properties", reading.PropertiesRequest, properties),
    http.View("/changes", reading.ChangesRequest, changes),
    http.View("/violations", reading.ViolationsRequest, violations),
)


@functions_framework.http
def registry_updater(request: flask.Request) -> flask.Response:
    """Bring the registry up to date, or read from it."""
    return http.answer(request, registry.Request, run, VIEWS)
