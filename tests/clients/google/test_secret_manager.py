"""Secrets read from Secret Manager."""

from __future__ import annotations

import pytest
from google.auth.credentials import AnonymousCredentials

from clients.google.server import Clock, GoogleApi
from mixpanel_data.base.errors import AuthenticationError, ConfigError, MixpanelDataError, QueryError, UnavailableError
from mixpanel_data.clients.google.secret_manager import latest_version

SECRET = "projects/acme-1/secrets/mixpanel-secret"


def read(url: str, name: str = "mixpanel-secret", project: str | None = "acme-1") -> str:
    anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call]
    return latest_version(name, project, credentials=anonymous, endpoint=url).reveal()


@pytest.mark.parametrize(
    ("name", "project", "path"),
    [
        ("mixpanel-secret", "acme-1", f"/v1/{SECRET}/versions/latest:access"),
        ("projects/other/secrets/s", "acme-1", "/v1/projects/other/secrets/s/versions/latest:access"),
        ("projects/other/secrets/s", None, "/v1/projects/other/secrets/s/versions/latest:access"),
        ("projects/other/secrets/s/versions/3", None, "/v1/projects/other/secrets/s/versions/3:access"),
    ],
)
def test_a_secret_is_found_by_its_name_or_its_full_name(
    google: GoogleApi, name: str, project: str | None, path: str
) -> None:
    google.hold(b"geheim")
    assert read(google.url, name, project) == "geheim"
    assert google.paths == [path]


def test_a_secret_without_a_full_name_needs_a_project(google: GoogleApi) -> None:
    with pytest.raises(ConfigError, match=r"GCP_PROJECT_ID is not set.*'mixpanel-secret'.*Set it, or give"):
        read(google.url, project=None)
    assert google.paths == []


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_the_newline_behind_a_secret_is_dropped(google: GoogleApi, end: bytes) -> None:
    google.hold(b" geheim " + end)
    assert read(google.url) == " geheim "


@pytest.mark.parametrize("secret", [b"", b"\n", b"  ", b"\xff\xfe"])
def test_a_value_that_cannot_be_a_secret_is_an_error_with_the_name(google: GoogleApi, secret: bytes) -> None:
    google.hold(secret)
    with pytest.raises(ConfigError, match=rf"{SECRET}/versions/latest is .*\. Add a version"):
        read(google.url)


@pytest.mark.parametrize(
    ("status", "kind", "error", "words"),
    [
        (401, "UNAUTHENTICATED", AuthenticationError, ["roles/secretmanager.secretAccessor"]),
        (404, "NOT_FOUND", ConfigError, ["not like this", "gcloud secrets versions add"]),
        (405, "UNIMPLEMENTED", QueryError, ["not like this", "Check the name"]),
        (403, "PERMISSION_DENIED", AuthenticationError, ["not like this", "roles/secretmanager.secretAccessor"]),
        (400, "FAILED_PRECONDITION", ConfigError, ["not like this", "gcloud secrets versions add"]),
    ],
)
def test_a_refusal_names_the_secret_and_says_what_to_do(
    google: GoogleApi, status: int, kind: str, error: type[MixpanelDataError], words: list[str]
) -> None:
    google.refuse(status, kind, "not like this")
    with pytest.raises(MixpanelDataError) as caught:
        read(google.url)
    assert type(caught.value) is error
    for word in (SECRET, *words):
        assert word in str(caught.value)


@pytest.mark.parametrize(("status", "kind"), [(500, "INTERNAL"), (429, "RESOURCE_EXHAUSTED"), (408, "TIMEOUT")])
def test_a_fault_that_may_pass_is_unavailability(google: GoogleApi, status: int, kind: str) -> None:
    google.refuse(status, kind, "not now")
    with pytest.raises(UnavailableError, match=f"{SECRET}.*not now"):
        read(google.url)


def test_an_unavailable_secret_manager_is_asked_again_for_ten_seconds_at_most(google: GoogleApi, clock: Clock) -> None:
    google.refuse(503, "UNAVAILABLE", "not now")
    with pytest.raises(UnavailableError, match="mixpanel-secret"):
        read(google.url)
    assert len(google.paths) > 1
    assert 0 < clock.seconds <= 10


@pytest.mark.usefixtures("clock")
def test_a_secret_manager_that_does_not_listen_is_unavailability() -> None:
    with pytest.raises(UnavailableError, match="Secret Manager did not answer"):
        read("http://127.0.0.1:1")
