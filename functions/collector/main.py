"""HTTP face of `collect`: every event that Mixpanel has is in the warehouse exactly once."""

import flask
import functions_framework

from mixpanel_data import collect, http
from mixpanel_data.wiring.collect import run


@functions_framework.http
def collector(request: flask.Request) -> flask.Response:
    """Collect a window, or what arrived since the last call."""
    return http.answer(request, collect.Request, run)
