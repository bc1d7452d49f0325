"""The jobs that runs of each kind start on BigQuery, as the real client sends them: what is not asked is not billed."""

import contextlib
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from collect.some_events import WEEK, many
from support.collector_world import CollectorWorld
from support.engines import EMULATOR_HOST, BigQuery
from support.export_lines import event

pytestmark = [pytest.mark.bigquery, pytest.mark.skipif(not EMULATOR_HOST, reason="there is no emulator")]

SHORT = timedelta(minutes=5)
BEGINNING, COMPARISON, END = ["select", "begin"], ["incoming", "select"], ["end"]


@pytest.fixture
def world() -> Iterator[CollectorWorld]:
    with CollectorWorld(BigQuery(), many()) as made:
        # Tables are made once: what that takes is no run's.
        made.tables()
        yield made


def jobs_of(world: CollectorWorld, monkeypatch: pytest.MonkeyPatch, *window: str) -> list[str]:
    """The steps of the query jobs of a run, in order; `select` for one without an id of its own."""
    from google.cloud import bigquery

    sent: list[str] = []
    original = bigquery.Client.query

    def query(self: Any, sql: str, *given: Any, **known: Any) -> Any:
        name = re.fullmatch(r".+-([a-z_]+)-\d+(-a\d+)?", known.get("job_id") or "")
        sent.append(name[1] if name else "select")
        return original(self, sql, *given, **known)

    with monkeypatch.context() as patched, contextlib.closing(world.engine.open(create_tables=False)) as warehouse:
        patched.setattr(bigquery.Client, "query", query)
        world.collect(*window, warehouse=warehouse, short_overlap=SHORT)
    return sent


def test_a_run_that_finds_nothing_new_starts_five_jobs(world: CollectorWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.mixpanel.add(event("Seen", "2040-03-15 11:58", mark="seen"))
    for window in ((), WEEK):
        world.collect(*window, short_overlap=SHORT)
        world.pass_time(minutes=5)
        assert jobs_of(world, monkeypatch, *window) == [*BEGINNING, *COMPARISON, *END]


def test_a_part_with_only_new_events_starts_three_more(world: CollectorWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.collect(*WEEK)
    world.mixpanel.add(event("Purchase", "2040-03-14 10:00", mark="fresh"))
    world.pass_time(minutes=5)
    compared = [*COMPARISON, "changes", "select"]
    assert jobs_of(world, monkeypatch, *WEEK) == [*BEGINNING, *compared, "publish", *END]
