"""Another events table or project: every job refuses it, until the collector is told to begin anew."""

from pathlib import Path

import duckdb
import pytest

from cli.conftest import EVENTS
from cli.shell import MARCH, Mp
from mixpanel_data_standins.mixpanel import StandInMixpanel
from support.export_lines import event

JOBS = (
    ("collect",),
    ("detect",),
    ("detect", "--dry-run"),
    ("users", "sync"),
    ("identity", "refresh"),
    ("registry", "update"),
)
ROOT = Path(__file__).parents[2]
MORE = event("Signup", "2024-03-05 09:00:00", "eve", "m5")


def counted(folder: Path, table: str, day: str = "minute") -> list[tuple[object, ...]]:
    """How many events each day and name have, by a table."""
    count = "SUM(events)" if table == "event_minutes" else "COUNT(*)"
    with duckdb.connect(str(folder / "events.duckdb"), read_only=True) as file:
        rows = f"SELECT {day}::DATE, event_name, {count} FROM mixpanel_data.{table} GROUP BY 1, 2 ORDER BY 1, 2"
        return file.execute(rows).fetchall()


@pytest.mark.sequences
def test_another_events_table_is_refused_by_every_job(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mp("collect", *MARCH).code == 0
    monkeypatch.setenv("IDENTITY_CONFIG", (ROOT / "config/identity.json").read_text(encoding="utf-8"))
    monkeypatch.setenv("BIGQUERY_TABLE", "other_events")
    for job in JOBS:
        done = mp(*job)
        assert done.code == 3, job
        assert "has that of Mixpanel project" in done.err
        assert "and events table mixpanel_events, but MIXPANEL_PROJECT_ID and BIGQUERY_TABLE name" in done.err
        assert "`mp collect --new-state`" in done.err
    monkeypatch.delenv("BIGQUERY_TABLE")
    assert mp("collect").code == 0


@pytest.mark.sequences
def test_a_new_state_is_that_of_the_new_table_alone(
    mp: Mp, mixpanel: StandInMixpanel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert mp("collect", *MARCH).code == 0
    assert mp("users", "sync", *MARCH).code == 0
    monkeypatch.setenv("BIGQUERY_TABLE", "other_events")
    assert mp("collect", "--new-state", "--from", "2024-03-20", "--to", "2024-03-21").data["inserted"] == 1
    assert counted(tmp_path, "event_minutes") == counted(tmp_path, "other_events", "event_timestamp")
    assert len(counted(tmp_path, "mixpanel_events", "event_timestamp")) == 4
    assert mp("users", "sync").code == 0
    assert mp("users", "show", "ann").code != 0
    mixpanel.add(MORE)
    assert mp("collect", "--new-state", *MARCH).data["inserted"] == len(EVENTS)
    assert counted(tmp_path, "event_minutes") == counted(tmp_path, "other_events", "event_timestamp")
    assert mp("users", "sync").code == 0
    assert [mp("users", "show", who).data["totals"]["events_processed"] for who in ("ann", "bob", "eve")] == [2, 2, 1]
