"""The credentials that the stand-in's project accepts."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final, Literal

from mixpanel_data_standins.mixpanel.answers import RefusalError, Request
from mixpanel_data_standins.mixpanel.hosts import region_of


@dataclass(frozen=True, slots=True)
class Access:
    """The project, its service account, its older project secret (accepted if `secrets_accepted`), its token, and its
    region, which counts for requests whose `Host` is one of Mixpanel's."""

    project_id: str = "1000001"
    username: str = "stand-in.0a1b2c.mp-service-account"
    secret: str = "stand-in-secret"  # noqa: S105, of a stand-in
    project_secret: str = "stand-in-project-secret"  # noqa: S105, likewise
    secrets_accepted: bool = True
    token: str = "stand-in-project-token"  # noqa: S105, likewise
    region: Literal["us", "eu", "in"] = "us"

    def check(self, request: Request) -> None:
        """Refuse an unknown credential or another region's host with 401, another project with 403: RefusalError."""
        user, password = _basic(request.headers.get("authorization", ""))
        project_id = request.parameters.get("project_id")
        if region_of(request.headers.get("host", "")) not in (None, self.region):
            raise RefusalError(401, "Unauthorized: unknown service account")
        if not (self._is_project_secret(user, password) or self._is_account(user, password, project_id)):
            raise RefusalError(401, "Unauthorized: invalid project secret, or a service account without project_id")
        if project_id is not None and project_id != self.project_id:
            raise RefusalError(403, f"You are not allowed to export project {project_id}")

    def _is_account(self, user: str, password: str, project_id: str | None) -> bool:
        return (user, password) == (self.username, self.secret) and bool(project_id)

    def _is_project_secret(self, user: str, password: str) -> bool:
        return self.secrets_accepted and (user, password) == (self.project_secret, "")


DEFAULT_ACCESS: Final = Access()


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password
