"""Everything that can go wrong, as one tree; each class knows its HTTP status and its exit code.

    MixpanelDataError              500, exit 1
    ├── RequestError               400, exit 3   a parameter of the call: correct it
    │   └── NotFoundError          404, exit 4   nothing has the name that the call gives
    ├── ConfigError                400, exit 3   a setting, or a file of settings: correct it
    │   ├── AccountNotFoundError   400, exit 4   no account has the name that the call gives
    │   └── AccountExistsError     400, exit 1   an account has that name already
    ├── TableNotFoundError         400, exit 4   a table that does not exist yet
    ├── TableExistsError           400, exit 1   a table that has that name already
    ├── AuthenticationError        502, exit 2   a credential was refused, or there is none: replace it
    ├── QueryError                 502, exit 1   another system refused a request: look into it
    │   ├── PlanError              502, exit 1   the project's Mixpanel plan does not include it
    │   └── WarehouseRefusedError  502, exit 1   the warehouse refused a statement or a load
    └── UnavailableError           503, exit 1   it can pass: the scheduler repeats the call
        ├── RateLimitError         503, exit 5   Mixpanel's hourly quota is used up
        ├── IncompleteExportError  503, exit 1   an export that ended before its last line
        ├── DeadlineError          503, exit 1   the call ran out of time
        ├── DailyBytesError        503, exit 1   the day's ceiling on billed bytes is reached
        └── WarehouseUnavailableError  503, exit 1   the warehouse cannot do it now
            └── WarehouseBusyError     503, exit 1   another run or program holds it
                └── StateMovedError    503, exit 1   another run has published since this one compared

The statuses are read in two places only: `http.py` and `cli/`.
"""

from collections.abc import Sequence
from datetime import datetime


class MixpanelDataError(Exception):
    """Base of all our errors, with the HTTP status and the exit code of a call that it ends."""

    http_status = 500
    exit_code = 1


class RequestError(MixpanelDataError):
    """A parameter of the call is unknown, missing or wrong; the message names it."""

    http_status = 400
    exit_code = 3


class NotFoundError(RequestError):
    """The call names something that does not exist; the message names it and where to look."""

    http_status = 404
    exit_code = 4


class ConfigError(MixpanelDataError):
    """An environment variable or a configuration file is wrong; the message names variable, entry and field."""

    http_status = 400
    exit_code = 3


class AccountNotFoundError(ConfigError):
    """No account has this name; the message names the file and the accounts in it."""

    exit_code = 4


class AccountExistsError(ConfigError):
    """An account has this name already, and nothing replaces it silently."""

    exit_code = 1


class TableNotFoundError(MixpanelDataError):
    """A table does not exist, and the call may not create it; the message says what to do."""

    http_status = 400
    exit_code = 4


class TableExistsError(MixpanelDataError):
    """A table has this name already, and nothing replaces it silently; the message says how to add to it or drop it."""

    http_status = 400


class AuthenticationError(MixpanelDataError):
    """Mixpanel, Google, Slack or PostgreSQL refused a credential, or there is none; repeating the call cannot help."""

    http_status = 502
    exit_code = 2


class QueryError(MixpanelDataError):
    """Another system refused a request, for a reason other than the credential."""

    http_status = 502


class PlanError(QueryError):
    """The plan of the Mixpanel project does not include the request."""


class WarehouseRefusedError(QueryError):
    """The warehouse refused a statement or a load."""


class UnavailableError(MixpanelDataError):
    """A fault that can pass by itself. Nothing of the failed step is visible, and the call can be repeated.

    `retry_after_seconds` is how long the other side asks to wait, if it does.
    """

    http_status = 503

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class RateLimitError(UnavailableError):
    """Mixpanel's quota is used up: 60 exports and 60 queries per hour and project, shared by everyone who uses it.

    `retry_at` is the moment from which the call may be tried again, aware and in UTC; None if nothing says it.
    """

    exit_code = 5

    def __init__(
        self, message: str, *, retry_after_seconds: float | None = None, retry_at: datetime | None = None
    ) -> None:
        super().__init__(message, retry_after_seconds=retry_after_seconds)
        self.retry_at = retry_at


class IncompleteExportError(UnavailableError):
    """An export answered 200 and then ended early, so nothing of it can be published."""


class DeadlineError(UnavailableError):
    """The call ran out of time. Everything published so far stays, and a repeat goes on from there."""


class DailyBytesError(UnavailableError):
    """Today's runs were billed as many bytes as BIGQUERY_MAX_BYTES_PER_DAY allows a run of this job to begin with."""


class WarehouseUnavailableError(UnavailableError):
    """The warehouse cannot do it now: a fault of its own, a quota, a full disk."""


class WarehouseBusyError(WarehouseUnavailableError):
    """Another run or program has held the warehouse for longer than this call can wait."""


class StateMovedError(WarehouseBusyError):
    """Another run has published since this one compared, so that its part changed nothing: it has to compare again."""


def listed(names: Sequence[str], most: int = 12) -> str:
    """The names for a message: quoted, the first `most` of them and how many more there are."""
    shown = ", ".join(repr(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
