"""HTTP face of `identity`: the identity graph follows every link with the fewest possible changed rows."""

import flask
import functions_framework

from mixpanel_data import http, identity
from mixpanel_data.wiring.identity import run


@functions_framework.http
def identity_transition(request: flask.Request) -> flask.Response:
    """Bring the graph up to date, or build, split, link, push or move it."""
    return http.answer(request, identity.Request, run)
