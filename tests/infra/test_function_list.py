"""The one list of functions says what is there: folders, tables, what each function's SQL touches."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.function_list import attempts, change, entries, problems, use
from infra.terraform import ROOT, copied

FUNCTIONS = sorted(entries(ROOT))
SCHEDULES = json.loads((ROOT / "config/schedules.json").read_text(encoding="utf-8"))["schedules"]


def new_problems(root: Path) -> list[str]:
    """What is wrong with a copy, and not with the project itself."""
    return [one for one in problems(root) if one not in problems(ROOT)]


def test_nothing_is_wrong_with_the_list() -> None:
    assert problems(ROOT) == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_may_touch_the_tables_that_its_sql_touches_and_no_other(name: str) -> None:
    listed = entries(ROOT)[name]
    used = use(ROOT, name)
    assert {*listed["writes"]} == used.writes
    assert {*listed["reads"]} == used.reads
    assert listed["uses_staging"] == used.uses_staging


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_that_always_fails_fails_often_enough_to_be_told_of(name: str) -> None:
    """The policy wants 3 failed runs within the time after which the job counts as late, a day at most."""
    seconds = min(entries(ROOT)[name]["stale_after_seconds"], 86_400)
    calls = [attempts(one, seconds) for one in SCHEDULES if one["function"] == name]
    assert max(calls, default=0) >= 3


def test_no_more_failures_can_be_waited_for_than_every_function_can_have() -> None:
    text = (ROOT / "infra/variables.tf").read_text(encoding="utf-8")
    (most,) = re.findall(r"var\.failures_before_alert <= ([0-9]+)", text)
    seconds = {name: min(entry["stale_after_seconds"], 86_400) for name, entry in entries(ROOT).items()}
    reached = {
        name: max(attempts(one, seconds[name]) for one in SCHEDULES if one["function"] == name) for name in FUNCTIONS
    }
    assert int(most) == min(reached.values())


def test_a_folder_without_an_entry_is_named(tmp_path: Path) -> None:
    root = copied(tmp_path)
    (root / "functions/sixth").mkdir()
    (root / "functions/sixth/main.py").write_text("def sixth(request): ...\n", encoding="utf-8")
    assert new_problems(root) == ["functions/sixth has no entry in infra/functions.json"]


def test_an_entry_without_a_folder_is_named(tmp_path: Path) -> None:
    root = copied(tmp_path)
    (root / "functions/detector/main.py").unlink()
    assert new_problems(root) == ["infra/functions.json lists detector, which has no folder"]


def test_a_table_that_no_function_touches_is_named(tmp_path: Path) -> None:
    root = copied(tmp_path)
    schemas = root / "shared/mixpanel_data/warehouse/schemas"
    (schemas / "forgotten.json").write_text((schemas / "job_locks.json").read_text("utf-8"), "utf-8")
    assert new_problems(root) == ["no function writes or reads the table forgotten"]


def test_an_absence_that_no_policy_can_watch_for_is_named(tmp_path: Path) -> None:
    root = copied(tmp_path)
    change(root, "detector", stale_after_seconds=84_660)
    assert new_problems(root) == [
        "infra/functions.json, detector: stale_after_seconds is 84660; its absence is watched for, at most 84600"
    ]


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"target": "collect"}, "main.py has no function collect"),
        ({"memory": "1GB"}, "memory is '1GB'"),
        ({"timeout_seconds": 60}, "timeout_seconds is 60"),
        ({"stale_after_seconds": 630}, "stale_after_seconds is 630"),
        ({"secrets": ["MIXPANEL_SECRET"]}, "MIXPANEL_SECRET is none of"),
        ({"reads": ["event_minute"]}, "event_minute is no declared table"),
        ({"reads": ["job_runs"]}, "job_runs is written"),
        ({"cpu": 1}, "its keys are"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, changed: dict[str, Any], word: str) -> None:
    root = copied(tmp_path)
    change(root, "collector", **changed)
    assert any(f"infra/functions.json, collector: {word}" in found for found in problems(root))
