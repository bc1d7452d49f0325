"""The parts that both clients share: their time limit, and the meaning of Google's errors."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import requests
from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.auth.exceptions import GoogleAuthError

from mixpanel_data.base.errors import AuthenticationError, ConfigError, QueryError, UnavailableError

# The limit of one request, and of the time in which it is repeated: 20 seconds in all, whatever the deadline of the
# call.
SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of a Google service, and the sentences for its errors.

    `missing` starts the message where the resource is missing, which the errors `missing_kinds` mean. `create`, `grant`
    and `check` say what to do where it is missing, where access to it is denied, and where the request is refused.
    """

    service: str
    name: str
    missing: str
    create: str
    grant: str
    check: str
    missing_kinds: tuple[type[Exception], ...] = (exceptions.NotFound,)


def options(endpoint: str | None) -> ClientOptions | None:
    """Return the options of a client for this base URL; None for Google's own."""
    return ClientOptions(api_endpoint=endpoint) if endpoint else None


@contextlib.contextmanager
def google_errors(resource: Resource) -> Iterator[None]:
    """Raise the errors of Google's libraries as ours, with the name of the resource.

    ConfigError where it is missing, AuthenticationError where the account may not read it, UnavailableError where the
    fault may pass, QueryError for any other refusal.
    """
    service, name = resource.service, resource.name
    try:
        yield
    except resource.missing_kinds as error:
        raise ConfigError(f"{resource.missing}: {_text(error)}. {resource.create}") from error
    except (exceptions.Forbidden, exceptions.Unauthorized, GoogleAuthError) as error:
        raise AuthenticationError(f"{service} denies access to {name}: {_text(error)}. {resource.grant}") from error
    except requests.RequestException as error:
        raise UnavailableError(f"{service} did not answer for {name}: {_text(error)}") from error
    except exceptions.GoogleAPIError as error:
        if _is_transient(error):
            raise UnavailableError(f"{service} did not answer for {name}: {_text(error)}") from error
        raise QueryError(f"{service} refused {name}: {_text(error)}. {resource.check}") from error


def _is_transient(error: exceptions.GoogleAPIError) -> bool:
    # A RetryError, raised when the time for repeats is over, has no status.
    status = getattr(error, "code", None)
    return status is None or int(status) >= 500 or int(status) in (408, 429)


def _text(error: Exception) -> str:
    return str(error).strip().removesuffix(".")
