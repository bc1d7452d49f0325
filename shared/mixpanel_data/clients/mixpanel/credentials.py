"""The credentials of a Mixpanel project."""

import base64
from dataclasses import dataclass

from requests.auth import HTTPBasicAuth

from mixpanel_data.base.secret import Secret


@dataclass(frozen=True, slots=True)
class Credentials:
    """A service account (with the project's id), or the older project secret (`username` None)."""

    secret: Secret
    username: str | None = None
    project_id: str | None = None

    def auth(self) -> tuple[str, str]:
        """Return the user name and the password of HTTP basic authentication."""
        secret = self.secret.reveal()
        return (secret, "") if self.username is None else (self.username, secret)

    def basic_auth(self) -> HTTPBasicAuth:
        """Return the authentication of a request."""
        user, password = self.auth()
        # requests encodes text in latin-1, which has few letters; it sends bytes as they are.
        return HTTPBasicAuth(user.encode(), password.encode())

    def parameters(self) -> dict[str, str]:
        """Return the query parameters that a request needs: a service account has to name one of its projects."""
        return {} if self.username is None or self.project_id is None else {"project_id": self.project_id}

    def secrets(self) -> tuple[str, ...]:
        """Return the texts that no message may show: the secret, and the header that carries it."""
        header = base64.b64encode(":".join(self.auth()).encode()).decode()
        return header, self.secret.reveal()
