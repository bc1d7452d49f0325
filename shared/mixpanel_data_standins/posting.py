"""Calls of servers on this machine."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any

from mixpanel_data.base.errors import MixpanelDataError

# A proxy cannot reach a port of this machine.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def post(url: str, body: Mapping[str, Any], seconds: float) -> tuple[int, bytes]:
    """The status and the answer to a POST of JSON. Raises MixpanelDataError if nobody answers within `seconds`."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
    try:
        with _DIRECT.open(request, timeout=seconds) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
    except (OSError, HTTPException) as error:
        raise MixpanelDataError(f"{url} did not answer: {error}") from error
