"""Everything that can go wrong, as one tree; each class knows what the two faces answer with.

    MixpanelDataError              500, exit 1
    ├── RequestError               400, exit 3   a parameter of the call: mend it
    ├── ConfigError                400, exit 3   a setting or a file of `config/`: mend it
    ├── TableNotFoundError         400, exit 4   a table that has to be created first
    ├── AuthenticationError        502, exit 2   a credential was refused: mend it
    ├── QueryError                 502, exit 1   another system refused what was asked: report it
    │   ├── PlanError              502, exit 1   the plan at Mixpanel does not include it
    │   └── WarehouseRefusedError  502, exit 1   the warehouse refused a statement, or what was to be loaded
    └── UnavailableError           503, exit 1   it may pass: the scheduler repeats the call
        ├── RateLimitError         503, exit 5   Mixpanel's hourly quota is used up
        ├── IncompleteExportError  503, exit 1   an export that did not end whole
        ├── DeadlineError          503, exit 1   the time for this call is used up
        └── WarehouseUnavailableError  503, exit 1   the warehouse cannot do it now
            └── WarehouseBusyError     503, exit 1   another run or program holds it

The statuses are read in two places only: `http.py` and `cli/`.
"""

from collections.abc import Sequence


class MixpanelDataError(Exception):
    """Base of all our errors; `http_status` and `exit_code` are what the two faces answer with."""

    http_status = 500
    exit_code = 1


class RequestError(MixpanelDataError):
    """A parameter of the call is unknown, missing or wrong; the message names it."""

    http_status = 400
    exit_code = 3


class ConfigError(MixpanelDataError):
    """An environment variable or a configuration file is wrong; the message names variable, entry and field."""

    http_status = 400
    exit_code = 3


class TableNotFoundError(MixpanelDataError):
    """A table is missing and this run may not create it; the message says how to get it."""

    http_status = 400
    exit_code = 4


class AuthenticationError(MixpanelDataError):
    """Mixpanel, Google or Slack refused a credential; repeating the call cannot help."""

    http_status = 502
    exit_code = 2


class QueryError(MixpanelDataError):
    """Another system refused what was asked of it, for another reason than a credential."""

    http_status = 502


class PlanError(QueryError):
    """The plan of the Mixpanel project does not include what was asked."""


class WarehouseRefusedError(QueryError):
    """The warehouse refused a statement, or what was to be loaded."""


class UnavailableError(MixpanelDataError):
    """A fault that may pass by itself; nothing of the failed step is visible, the call may be repeated.

    `retry_after_seconds` is what the other side asked to wait, where it did.
    """

    http_status = 503

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class RateLimitError(UnavailableError):
    """Mixpanel's quota is used up (60 exports an hour and project, shared with everyone else who exports)."""

    exit_code = 5


class IncompleteExportError(UnavailableError):
    """An export answered 200 and did not end whole, so that nothing of it may be published."""


class DeadlineError(UnavailableError):
    """The time that this call may take is used up; what is published stays, a repeat goes on from there."""


class WarehouseUnavailableError(UnavailableError):
    """The warehouse cannot do now what it was asked for: a fault of its own, a quota, a disk that is full."""


class WarehouseBusyError(WarehouseUnavailableError):
    """Another run or program holds the warehouse, for longer than this call may wait."""


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names for a message, quoted, the first `most` of them."""
    shown = ", ".join(repr(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
