"""The faults of a queue as Mixpanel words them for queries."""

from __future__ import annotations

from collections.abc import Mapping

from mixpanel_data_standins.mixpanel.answers import Headers, RefusalError, Request
from mixpanel_data_standins.mixpanel.faults import Status
from mixpanel_data_standins.mixpanel.querying.jql.errors import ScriptError
from mixpanel_data_standins.mixpanel.querying.state.quotas import rate_limited

_SCRIPT = "function main() {\n  return event.properties.plan;\n}"
_TEXTS: Mapping[int, str] = {
    400: "Timeout Error.",
    401: "Unauthorized: invalid project secret",
    402: "Your plan does not allow API calls. Upgrade to use them.",
    403: "Date range exceeds 90 days into the past",
    404: "Not found",
    410: "This endpoint is no longer available",
    412: ScriptError("TypeError: Cannot read property 'plan' of undefined", 2).visible(_SCRIPT),
}
_PROXY_STATUS = 500


def refusal_of(fault: Status, request: Request) -> RefusalError:
    """The refusal that a fault asks for; its text is the whole body, without one Mixpanel's usual text is the error.

    A 429 with `retry_after` is that of a used-up hour; without, that of a server that sheds load, which has no headers
    of a quota."""
    retry_after: Headers = () if fault.retry_after is None else (("Retry-After", fault.retry_after),)
    if fault.text is not None or fault.status >= _PROXY_STATUS:
        return RefusalError(fault.status, fault.body, retry_after, whole=True)
    if fault.status == 429:
        return _too_many(request, retry_after, fault.retry_after)
    return RefusalError(fault.status, _TEXTS.get(fault.status, ""), retry_after)


def _too_many(request: Request, retry_after: Headers, seconds: str | None) -> RefusalError:
    if seconds is None:
        return rate_limited(request, "the service is busy", ())
    states = f'"project";r=0;t={seconds}, "project-concurrency";r=5'
    policies = '"project";q=60;w=3600, "project-concurrency";q=5;qu="concurrent-requests"'
    headers = (*retry_after, ("RateLimit-Policy", policies), ("RateLimit", states))
    return rate_limited(request, "61/60 queries running in the last hour", headers)
