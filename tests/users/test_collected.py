"""Over what the collector brings: generated events, and the real ones."""

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

import support.event_oracle as collected
from mixpanel_data_standins.mixpanel import Behaviour
from mixpanel_data_standins.sample import SAMPLE
from support.collector_world import CollectorWorld
from support.engines import Engine
from support.events_configs import enabled
from support.export_lines import event
from support.user_sync_world import METRICS, UserSyncDataset

pytestmark = pytest.mark.sequences

FORTNIGHT = ("2040-03-01", "2040-03-15")
GIT: dict[str, Any] = {
    "counters": {
        "commits": {"event": "commit"},
        "lines": {"event": "commit", "sum": "insertions"},
        "own_sign_offs": {"event": "Signed-off-by", "where": {"by_author": True}},
    },
    "latest": {
        "area": {"property": "area", "type": "STRING", "events": ["commit"]},
        "device": {"property": "$device_id", "type": "STRING"},
    },
    "current": {"position": {"property": "position", "type": "INT64"}},
}


@pytest.mark.both_engines
def test_totals_follow_what_mixpanel_says(engine: Engine) -> None:
    """Copies, late events, newer copies with other properties, ids that are merged and split again."""
    lines = [
        event("Visit", "2040-03-02 10:00", "ann", "v1", level=1, plan="free"),
        event("Visit", "2040-03-03 23:59:59", "bob", "v2", level=2.0),
        event("Purchase", "2040-03-04 00:00", "eve", "p1", amount=12.5, plan="gold"),
        event("Purchase", "2040-03-04 00:00", "eve", "p1", amount=12.5, plan="gold"),
        event("Visit", "2040-03-05 10:00", None, None, level=9),
        event("Ignored", "2040-03-05 10:00", "ann", "i"),
    ]
    with CollectorWorld(engine, lines, behaviour=Behaviour(duplicate_every=2)) as project:
        config = enabled("Visit", "Purchase")
        dataset = UserSyncDataset(engine, METRICS, clock=project.clock, events=config)

        def follow() -> None:
            project.pass_time(minutes=30)
            project.collect(*FORTNIGHT, config=config)
            dataset.sync()
            dataset.assert_true()

        follow()
        assert dataset.insights()["eve"]["spent"] == Decimal("12.5")
        project.mixpanel.add(
            [
                event("Purchase", "2040-03-04 00:00", "eve", "p1", "2040-03-15 12:00", amount=13, plan="silver"),
                event("Visit", "2040-03-01 10:00", "zoe", "v3", "2040-03-15 12:00", plan="late"),
            ]
        )
        project.mixpanel.resolve["bob"] = "ann"
        follow()
        insights = dataset.insights()
        assert set(insights) == {"ann", "eve", "zoe"}
        assert (insights["ann"]["visits"], insights["ann"]["level"], insights["eve"]["spent"]) == (2, 2, 13)
        project.mixpanel.resolve.clear()
        follow()
        dataset.assert_settled()


def test_totals_of_the_real_events_are_true(engine: Engine) -> None:
    """A month of the history, its later half first, then with people's ids resolved."""
    first, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 2, 1, tzinfo=UTC)
    lines = [line for line in sample(2020) if first <= collected.read(line)[0].event_timestamp < end]
    with CollectorWorld(engine, lines) as project:
        dataset = UserSyncDataset(engine, GIT, clock=project.clock)
        for half in (("2020-01-16", "2020-02-01"), ("2020-01-01", "2020-01-16")):
            project.collect(*half)
            dataset.sync()
        dataset.assert_true()
        events = collected.events_of(lines).values()
        assert sum(row["events_processed"] for row in dataset.insights().values()) == len(events)
        people = sorted({one.distinct_id for one in events if one.distinct_id})
        project.mixpanel.resolve.update(pairs(random.Random(4), people))
        project.pass_time(hours=1)
        project.collect("2020-01-01", "2020-02-01")
        result = dataset.sync()
        assert result.changed > 20
        dataset.assert_settled()
        assert sum(row["lines"] for row in dataset.insights().values()) == insertions(lines)


def pairs(chance: random.Random, people: Sequence[str]) -> dict[str, str]:
    """Twenty who are merged into twenty others."""
    drawn = chance.sample(people, 40)
    return dict(zip(drawn[:20], drawn[20:], strict=True))


def insertions(lines: Sequence[bytes]) -> int:
    """What all commits added, each once."""
    commits = [one for one in collected.events_of(lines).values() if one.event_name == "commit"]
    return sum(json.loads(commit.properties)["insertions"] for commit in commits)


def sample(year: int) -> Iterator[bytes]:
    with gzip.open(SAMPLE / f"events-{year}.ndjson.gz") as file:
        yield from file.read().split(b"\n")[:-1]
