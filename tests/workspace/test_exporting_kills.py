"""An export that is cut off anywhere: no file is ever in part, and the same call ends as one from scratch would."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

from mixpanel_data.workspace.workspace import Workspace
from support.desk import Desk, DeskMaker
from support.export_lines import event
from support.exported_files import files_of

pytestmark = pytest.mark.sequences

SCRIPT = Path(__file__).with_name("export_process.py")
ROOT = Path(__file__).parents[2]
Format = Literal["parquet", "jsonl", "csv"]
FORMATS: tuple[Format, ...] = ("parquet", "jsonl", "csv")
_DAYS = 4


@pytest.fixture
def desk(desk_with: DeskMaker) -> Desk:
    """A desk with 20,000 events on each of four days."""
    desk = desk_with([event("E", f"2040-03-{day:02} 00:00:00", "ann", f"{day}") for day in range(1, _DAYS + 1)])
    with desk.workspace() as workspace:
        workspace.fetch_events("events", "2040-03-01", "2040-03-04")
        workspace.connection.execute(
            "INSERT INTO events SELECT event_name, event_time + INTERVAL (n) SECOND, distinct_id, n::VARCHAR,"
            " properties, sha256(event_id || n) FROM events, range(1, 20000) AS t(n)"
        )
    return desk


def command(desk: Desk, out: Path, file_format: Format, *dies_after: str) -> list[str]:
    return [sys.executable, str(SCRIPT), str(desk.path), "events", str(out), file_format, *dies_after]


def environment(**variables: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "shared"), **variables}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in files_of(folder)}


def finish(desk: Desk, out: Path, file_format: Format) -> int:
    """Export to the end, compare with an export from scratch, and return how many files were there already."""
    fresh = out.with_name("fresh")
    with Workspace.open(desk.path) as workspace:
        result = workspace.export("events", out, file_format)
        workspace.export("events", fresh, file_format)
    assert (result.files, result.rows) == (_DAYS, _DAYS * 20_000)
    assert sorted(path.name for path in (out / "events").iterdir()) == sorted(
        path.name for path in (fresh / "events").iterdir()
    )
    if file_format != "parquet":
        assert contents(out / "events") == contents(fresh / "events")
    return result.skipped


@pytest.mark.parametrize(
    "file_format",
    ["jsonl", *(pytest.param(each, marks=pytest.mark.sequences) for each in ("parquet", "csv"))],
)
def test_an_export_killed_between_two_files_goes_on_after_the_last(
    desk: Desk, tmp_path: Path, file_format: Format
) -> None:
    out = tmp_path / "out"
    done = subprocess.run(command(desk, out, file_format, "2"), env=environment(), check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(files_of(out / "events")) == 2
    assert finish(desk, out, file_format) == 2


@pytest.mark.parametrize("file_format", FORMATS)
def test_an_export_killed_while_it_writes_leaves_no_file_in_part(
    desk: Desk, tmp_path: Path, file_format: Format
) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(command(desk, out, file_format), env=environment())
    second = out / "events" / f".2040-03-02.{file_format}.partial"
    while process.poll() is None and not second.exists():
        pass
    process.kill()
    process.wait()
    whole = contents(out / "events")
    finish(desk, out, file_format)
    assert whole.items() <= contents(out / "events").items() or file_format == "parquet"
    assert not second.exists()


@pytest.mark.parametrize("seed", range(6))
def test_an_export_that_is_killed_again_and_again_ends_as_one_from_scratch(
    desk: Desk, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    file_format = chance.choice(FORMATS)
    for _ in range(4):
        process = subprocess.Popen(
            command(desk, tmp_path / "out", file_format),
            env=environment(),
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(chance.uniform(0.5, 1.5))
        except subprocess.TimeoutExpired:
            process.send_signal(chance.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT]))
            process.wait()
    finish(desk, tmp_path / "out", file_format)


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_full_disk_is_named_and_leaves_whole_files_only(desk: Desk, tmp_path: Path, file_format: Format) -> None:
    out = tmp_path / "out"
    done = subprocess.run(
        command(desk, out, file_format),
        env=environment(MOST_FILE_BYTES="20000"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    message = done.stderr.splitlines()[-1]
    assert "UnavailableError" in message
    assert str(out / "events") in message
    assert "space" in message
    assert [path.name for path in (out / "events").iterdir()] == ["_export.json"]
    assert finish(desk, out, file_format) == 0
