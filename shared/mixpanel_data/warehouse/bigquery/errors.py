"""Errors of Google's clients, raised as ours."""

import contextlib
from collections.abc import Callable, Iterator

import requests
from google.api_core import exceptions
from google.auth.exceptions import GoogleAuthError
from google.resumable_media import InvalidResponse

from mixpanel_data.base.errors import (
    AuthenticationError,
    TableNotFoundError,
    WarehouseRefusedError,
    WarehouseUnavailableError,
)

IGNORABLE = (exceptions.GoogleAPIError, requests.RequestException, GoogleAuthError)
"""The exceptions of the Google clients that a caller may ignore when a request is only a cleanup."""


@contextlib.contextmanager
def google_errors(doing: str) -> Iterator[None]:
    """Raise the clients' errors as ours; `doing` names the statement or job that failed.

    Raises TableNotFoundError, AuthenticationError, WarehouseUnavailableError, and WarehouseRefusedError for everything
    else.
    """
    try:
        yield
    except (exceptions.GoogleAPICallError, exceptions.RetryError, InvalidResponse) as error:
        raise _ours(doing, error) from error
    except GoogleAuthError as error:
        raise AuthenticationError(
            f"{doing}: Google refused the credentials: {str(error).rstrip('.')}. Check the account that runs this."
        ) from error
    except requests.RequestException as error:
        raise WarehouseUnavailableError(f"{doing}: BigQuery did not answer: {error}") from error


def is_conflict(error: Exception) -> bool:
    """Whether another transaction changed the same table first."""
    return "concurrent update" in str(error).lower()


def _ours(doing: str, error: Exception) -> Exception:
    text = getattr(error, "message", None) or str(error)
    reasons = {str(found.get("reason")) for found in getattr(error, "errors", ()) or () if isinstance(found, dict)}
    message = f"{doing}: BigQuery answered: {text.strip().removesuffix('.')}"
    if is_conflict(error):
        return WarehouseUnavailableError(message)
    if "cannot read before" in text.lower():
        return WarehouseUnavailableError(f"{message}. The table was made or replaced meanwhile. Run this again.")
    if "bytesBilledLimitExceeded" in reasons or "bytes billed" in text.lower():
        return WarehouseRefusedError(f"{message}. Raise BIGQUERY_MAX_BYTES_BILLED, or ask for less.")
    if any(f"not found: {what}" in text.lower() for what in ("table", "dataset")):
        return _missing(message)
    for kinds, make in _KINDS:
        if isinstance(error, kinds) and not (reasons & _TRANSIENT_REASONS):
            return make(message)
    status = error.response.status_code if isinstance(error, InvalidResponse) else 0
    if reasons & _TRANSIENT_REASONS or status >= 500 or status == 429:
        return WarehouseUnavailableError(message)
    return WarehouseRefusedError(message)


def _missing(message: str) -> TableNotFoundError:
    return TableNotFoundError(
        f"{message}. If Terraform creates the tables, run terraform -chdir=infra apply; "
        "without Terraform set CREATE_TABLES=true, and the next run creates them."
    )


def _forbidden(message: str) -> AuthenticationError:
    if "does not exist" not in message:
        return AuthenticationError(f"{message}. Check the roles of the account that runs this.")
    # Google does not tell an account without access whether the table exists.
    return AuthenticationError(
        f"{message}. Either the table is missing, or the account that runs this has no role on it. If Terraform "
        "creates the tables, terraform -chdir=infra apply fixes both; without Terraform check the account's roles."
    )


# An exceeded quota answers 403, as a missing role does.
_TRANSIENT_REASONS = {
    "backendError",
    "internalError",
    "jobBackendError",
    "jobInternalError",
    "jobRateLimitExceeded",
    "quotaExceeded",
    "rateLimitExceeded",
}
_KINDS: tuple[tuple[tuple[type[Exception], ...], Callable[[str], Exception]], ...] = (
    ((exceptions.NotFound,), _missing),
    ((exceptions.Forbidden, exceptions.Unauthorized), _forbidden),
    (
        # A failed precondition: others keep changing the table.
        (
            exceptions.ServerError,
            exceptions.TooManyRequests,
            exceptions.RetryError,
            exceptions.PreconditionFailed,
        ),
        WarehouseUnavailableError,
    ),
)
