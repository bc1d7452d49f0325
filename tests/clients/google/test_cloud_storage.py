"""Files read from Cloud Storage."""

from __future__ import annotations

import pytest
from google.auth.credentials import AnonymousCredentials

from clients.google.server import Clock, GoogleApi
from mixpanel_data.base.errors import AuthenticationError, ConfigError, MixpanelDataError, QueryError, UnavailableError
from mixpanel_data.clients.google.cloud_storage import content

# Google's storage client leaves the sockets of failed requests to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.usefixtures("garbage_collected"),
]

PATH = "gs://bucket/folder/größe 1.json"


def read(url: str) -> bytes:
    anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call]
    return content(PATH, None, credentials=anonymous, endpoint=url)


@pytest.fixture(autouse=True)
def _without_emulator(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)


def test_the_bytes_of_an_object_are_read(google: GoogleApi) -> None:
    google.answer(200, b'{"events": []}\xff')
    assert read(google.url) == b'{"events": []}\xff'
    assert google.paths == ["/download/storage/v1/b/bucket/o/folder%2Fgr%C3%B6%C3%9Fe%201.json"]


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (404, ConfigError, ["does not exist", "not like this", "Upload it"]),
        # google-auth first tries to refresh the credentials, and fails with a text of its own.
        (401, AuthenticationError, ["roles/storage.objectViewer"]),
        (403, AuthenticationError, ["not like this", "roles/storage.objectViewer"]),
        (400, QueryError, ["not like this", "Check the names"]),
        (405, QueryError, ["not like this", "Check the names"]),
    ],
)
def test_a_refusal_names_the_object_and_says_what_to_do(
    google: GoogleApi, status: int, error: type[MixpanelDataError], words: list[str]
) -> None:
    google.refuse(status, "X", "not like this")
    with pytest.raises(MixpanelDataError) as caught:
        read(google.url)
    assert type(caught.value) is error
    for word in (PATH, *words):
        assert word in str(caught.value)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_fault_that_may_pass_is_repeated_for_ten_seconds_at_most(
    google: GoogleApi, clock: Clock, status: int
) -> None:
    google.refuse(status, "X", "not now")
    with pytest.raises(UnavailableError, match=r"Cloud Storage did not answer for gs://bucket/folder/größe 1\.json"):
        read(google.url)
    assert len(google.paths) > 1
    assert 0 < clock.seconds <= 10


def test_a_server_that_does_not_listen_is_unavailability() -> None:
    with pytest.raises(UnavailableError, match="Cloud Storage did not answer"):
        read("http://127.0.0.1:1")
