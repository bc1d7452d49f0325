"""`export` to `gs://`: the same as to a folder."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gcp_storage_emulator.server import create_server
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Client

from mixpanel_data.base.errors import ConfigError, RequestError
from mixpanel_data.workspace.results import ExportResult
from mixpanel_data.workspace.workspace import Workspace
from support.desk import Desk, DeskMaker
from support.export_lines import event

BUCKET = "exports"
DAYS = ("2040-03-01", "2040-03-02", "2040-03-05")

# Google's storage client leaves the sockets of failed requests to the garbage collector.
pytestmark = [pytest.mark.usefixtures("garbage_collected"), pytest.mark.sequences]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty bucket of an emulator."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    with create_server("127.0.0.1", port, in_memory=True, default_bucket=BUCKET):
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
        client = Client(project="acme-1", credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]
        yield client.bucket(BUCKET)
        client.close()


@pytest.fixture
def desk(desk_with: DeskMaker) -> Desk:
    desk = desk_with([event("E", f"{day} 10:00:00", mark=day) for day in DAYS])
    with desk.workspace() as workspace:
        workspace.fetch_events("events", DAYS[0], DAYS[-1])
    return desk


def export(desk: Desk, to: str = f"gs://{BUCKET}/raw", **options: Any) -> ExportResult:
    with Workspace.open(desk.path) as workspace:
        return workspace.export("events", to, "jsonl", **options)


def names(bucket: Any) -> list[str]:
    return sorted(blob.name for blob in bucket.list_blobs())


@pytest.mark.parametrize("to", ["raw", "raw/", "deep/größe 1", ""])
def test_the_objects_are_the_files_of_a_folder(desk: Desk, bucket: Any, tmp_path: Path, to: str) -> None:
    result = export(desk, f"gs://{BUCKET}/{to}")
    with Workspace.open(desk.path) as workspace:
        workspace.export("events", tmp_path / "out", "jsonl")
    folder = f"{to.rstrip('/')}/events/".lstrip("/")
    assert names(bucket) == [f"{folder}{name}" for name in (*(f"{day}.jsonl" for day in DAYS), "_export.json")]
    for day in DAYS:
        local = (tmp_path / "out" / "events" / f"{day}.jsonl").read_bytes()
        assert bucket.blob(f"{folder}{day}.jsonl").download_as_bytes() == local
    assert result.to == f"gs://{BUCKET}/{folder}".rstrip("/")


def test_a_repeat_uploads_only_what_is_missing_or_has_changed(desk: Desk, bucket: Any) -> None:
    export(desk)
    bucket.blob(f"raw/events/{DAYS[0]}.jsonl").delete()
    with desk.workspace() as workspace:
        workspace.connection.execute(f"DELETE FROM events WHERE event_time > '{DAYS[2]}'")
        workspace.connection.execute(f"UPDATE events SET distinct_id = 'x' WHERE event_time > '{DAYS[1]}'")
    again = export(desk)
    assert (again.files, again.skipped) == (2, 0)
    assert names(bucket) == [f"raw/events/{DAYS[0]}.jsonl", f"raw/events/{DAYS[1]}.jsonl", "raw/events/_export.json"]
    assert b'"x"' in bucket.blob(f"raw/events/{DAYS[1]}.jsonl").download_as_bytes()
    assert export(desk).skipped == 2


def test_another_export_or_other_objects_there_are_refused(desk: Desk, bucket: Any, monkeypatch: Any) -> None:
    bucket.blob("taken/events/thesis.txt").upload_from_string("dear")
    with pytest.raises(RequestError, match=r"thesis\.txt"):
        export(desk, f"gs://{BUCKET}/taken")
    export(desk)
    monkeypatch.setenv("MIXPANEL_TIMEZONE", "Asia/Tokyo")
    with pytest.raises(RequestError, match="time_zone 'UTC', not 'Asia/Tokyo'"):
        export(desk)
    assert export(desk, restart=True).skipped == 0


def test_a_bucket_that_is_not_there_is_named(desk: Desk, bucket: Any) -> None:
    with pytest.raises(ConfigError, match="The bucket of gs://nowhere/raw/events does not exist"):
        export(desk, "gs://nowhere/raw")
