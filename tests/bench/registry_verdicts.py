"""How often the registry's verdicts are right: drift that was put in, and misspelt names among real ones.

GIT_HISTORY_DIR names the folder with the real events; without it they are left out.
"""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from bench.figures import report
from bench.registry_events import add_given, dataset
from bench.registry_run import measured
from registry.misspelt_names import MISSPELT
from support.drift_world import START, Drift, World, drifting_world

_WORLDS = 5
_REAL_EVENTS = """
SELECT
  line ->> '$.event' AS name, to_timestamp((line ->> '$.properties.time')::BIGINT) AS moment,
  line ->> '$.properties."$insert_id"' AS mark, line -> '$.properties' AS properties
FROM read_csv(
  ?, delim = '\x01', quote = '', escape = '', header = false, columns = {'line': 'VARCHAR'}, auto_detect = false
)
"""
_GIVEN_EVENTS = """
SELECT name, moment, mark, properties
FROM read_json(?, columns = {name: 'VARCHAR', moment: 'TIMESTAMPTZ', mark: 'VARCHAR', properties: 'JSON'})
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A change that the registry holds."""

    day: date
    kind: str
    event_name: str
    key: str | None
    path: str
    first_bad: str | None

    @property
    def subject(self) -> tuple[str, str | None]:
        """What changed."""
        return self.event_name, self.key


def report_verdicts() -> None:
    """Print how many of the drifts are found and how many other changes are, then precision and recall of typos."""
    with tempfile.TemporaryDirectory(prefix="bench_verdicts_") as name:
        _report_drift(Path(name))
        folder = os.environ.get("GIT_HISTORY_DIR")
        if folder:
            _report_real_names(Path(name), Path(folder))


def _report_drift(folder: Path) -> None:
    drifts = on_day = with_version = versions = others = places = 0
    missed: list[str] = []
    for seed in range(1, _WORLDS + 1):
        world = drifting_world(seed)
        changes = _changes_of(world, folder / f"world{seed}.duckdb")
        own = {(drift.kind, drift.event_name, drift.property): drift for drift in world.drifts}
        found = [(drift, _matching(drift, changes)) for drift in own.values()]
        drifts += len(found)
        on_day += sum(one is not None for _, one in found)
        versions += sum(drift.first_bad is not None for drift, _ in found)
        with_version += sum(one is not None and one.first_bad == drift.first_bad is not None for drift, one in found)
        missed += [f"{seed}: {drift}" for drift, one in found if one is None or one.first_bad != drift.first_bad]
        told = {(drift.event_name, drift.property) for drift in world.drifts}
        others += sum(one.subject not in told for one in changes)
        places += sum(len(world.keys(name)) for name in world.events)
    report(f"drifts of {_WORLDS} worlds found on their day", f"{on_day} of {drifts}", f"{drifts}")
    report("drifts of one version dated to that version", f"{with_version} of {versions}", f"{versions}")
    report("other changes", f"{others} of {places} event-properties", "at most 1 of 100")
    for one in missed:
        print(f"  missed in world {one}", flush=True)


def _matching(drift: Drift, changes: Iterable[Found]) -> Found | None:
    """The change on the day of the drift that says the same."""
    for change in changes:
        told = change.day, change.kind, *change.subject, change.path
        if told == (drift.begins, drift.kind, drift.event_name, drift.property, ""):
            return change
    return None


def _changes_of(world: World, path: Path) -> list[Found]:
    dataset(path)
    given = path.with_suffix(".ndjson")
    with given.open("w") as file:
        file.writelines(json.dumps(event) + "\n" for event in _events_of(world))
    add_given(path, _GIVEN_EVENTS, [str(given)])
    given.unlink()
    measured(path)
    found = [
        Found(day, kind, name, own, below, first_bad)
        for day, kind, name, own, below, first_bad in _rows(
            path,
            "SELECT day, kind, event_name, property, path, evidence ->> '$.first_bad' "
            "FROM mixpanel_data.schema_changes WHERE retracted_at IS NULL",
        )
    ]
    path.unlink()
    return found


def _events_of(world: World) -> Iterator[Mapping[str, Any]]:
    for name, days in world.events.items():
        for day, events in days.items():
            for number, properties in enumerate(events):
                seconds = number * 86_399 // len(events)
                at = f"{START + timedelta(days=day)} {timedelta(seconds=seconds)}+00"
                yield {"name": name, "moment": at, "mark": f"{name} {day} {number}", "properties": properties}


def _report_real_names(folder: Path, history: Path) -> None:
    path = dataset(folder / "names.duckdb")
    add_given(path, _REAL_EVENTS, [sorted(map(str, history.glob("*.ndjson.gz")))])
    run = measured(path)
    typos = dict(
        _rows(path, "SELECT event_name, similar_to FROM mixpanel_data.event_registry WHERE status = 'likely_typo'")
    )
    right = Counter(MISSPELT.get(name) == meant for name, meant in typos.items())[True]
    report(f"misspelt among {run.events} real names", f"{right} of {len(MISSPELT)} found, {len(typos) - right} others")
    report("precision", f"{right / max(1, len(typos)):.3f}", "at least 0.95")
    report("recall", f"{right / len(MISSPELT):.3f}", "at least 0.90")


def _rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()
