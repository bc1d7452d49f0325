"""HTTP face of `users`: per-user lifetime totals and latest properties are always right."""

import flask
import functions_framework

from mixpanel_data import http, users
from mixpanel_data.wiring.users import run


@functions_framework.http
def incremental_user_sync(request: flask.Request) -> flask.Response:
    """Bring the totals up to date, or compute a window of days again."""
    return http.answer(request, users.Request, run)
