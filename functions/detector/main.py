"""HTTP face of `detect`: somebody hears of an abnormal event volume within minutes, once."""

import flask
import functions_framework

from mixpanel_data import detect, http
from mixpanel_data.wiring.detect import run


@functions_framework.http
def detector(request: flask.Request) -> flask.Response:
    """Judge what arrived since the last call, and tell Slack; or send a test alert."""
    return http.answer(request, detect.Request, run)
