"""Whatever a definition asks for, its statement is one that BigQuery runs, and both engines have the same rows."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

import pytest

from mixpanel_data.reports.people.persons import CLUSTER_OF_ID
from mixpanel_data.reports.relations.windows import beginning
from mixpanel_data.warehouse.bigquery.kept import kept
from sql.checks import CHECKS
from sql.library import relations
from sql.report_library import DEFINITIONS, KEPT, ZONE, Asked, asked
from sql.report_options import VARIED
from sql.same import outcome
from sql.zetasql_engine import Row, Rows

ASKED = [asked(definition) for definition in DEFINITIONS]
names = [f"{one} {number}" for number, one in enumerate(ASKED)]
DIFFERENT = list({one.statement.sql: one for one in [*ASKED, *map(asked, VARIED)]}.values())


@pytest.mark.parametrize("one", DIFFERENT, ids=[f"{one} {number}" for number, one in enumerate(DIFFERENT)])
def test_a_statement_is_sound_whatever_is_asked(one: Asked) -> None:
    as_sent = replace(one.statement, sql=kept(one.statement.on({})))
    problems = [problem for check in CHECKS for problem in check(as_sent, relations())]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("one", ASKED, ids=names)
def test_both_engines_have_the_same_rows(one: Asked) -> None:
    found = [outcome(one.statement, _history(seed), one.values) for seed in range(3)]
    assert any(both.google for both in found)
    differences = [line for both in found for line in both.differences()]
    assert not differences, "\n".join(differences)


def test_both_engines_find_the_cluster_of_an_id() -> None:
    both = outcome(CLUSTER_OF_ID, {"current_identity_graph": _GRAPH}, {"identity": "ann's phone"})
    assert (both.differences(), [row["cluster_id"] for row in both.google]) == ([], ["ann"])


def _history(seed: int) -> Rows:
    return {
        "mixpanel_events": _events(Random(seed)),
        "current_identity_graph": _GRAPH,
        "segment_members": _MEMBERS,
    }


_GRAPH = [{"cluster_id": "ann", "ids": ["ann", "ann's phone"], "size": 2}]
_MEMBERS = [
    {"name": KEPT.name, "version": version, "user_id": user}
    for version, user in ((KEPT.version, "bob"), (KEPT.version, "ann's phone"), ("another", "cat"))
]
_PROPERTIES: tuple[dict[str, object], ...] = (
    {"plan": "pro", "amount": 1, "a": 0, "email": "a@b.c"},
    {"plan": "pro", "amount": 2.5, "a": -1.5},
    {"plan": "free", "a": None, "$email": "a@b.c"},
    {"plan": None, "a": [1, {"b": 2.0}]},
    {},
)


def _events(random: Random) -> list[Row]:
    """Events of a few users, half of them at instants that several share: midnights of the zone, and the change of the
    clock."""
    midnights = [beginning(date(2025, 10, 19) + timedelta(days=days), ZONE) for days in (0, 1, 7, 8, 14, 15)]
    instants = [midnight + timedelta(microseconds=micros) for midnight in midnights for micros in (-1, 0, 1)]
    return [
        _event(f"{number:02}", random.choice(instants) + random.choice((0, 0, 1)) * _some_minutes(random), random)
        for number in random.sample(range(24), 24)
    ]


def _some_minutes(random: Random) -> timedelta:
    return timedelta(minutes=random.choice((1, 30, 31, 600)))


def _event(event_id: str, time: datetime, random: Random) -> Row:
    return {
        "event_timestamp": time,
        "inserted_at": time,
        "event_name": random.choice(("A", "A", "B", "Buy", "Buy", "$identify")),
        "properties": json.dumps(random.choice(_PROPERTIES)),
        "distinct_id": random.choice(("ann", "ann", "ann's phone", "bob", "bob", "cat", "", None)),
        "event_id": event_id,
        "mp_processing_time_ms": None,
        "read_at": None,
        "event_key": None,
        "contents_fingerprint": None,
    }
