"""HTTP face of `identity`: the identity graph follows every link with the fewest possible changed rows."""

import flask
import functions_framework

from mixpanel_data import http, identity
from mixpanel_data.wiring.identity import run


@functions_framework.http
def identity_transition(request: flask.Request) -> flask.Response:
    """Bring the graph up to date, build it anew, change it by hand, push it, or set a state of the demonstration."""
    return http.answer(request, identity.Request, run)
