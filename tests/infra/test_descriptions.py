"""A function's description, `function.json`, matches its folder, the tables, and what its SQL touches."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from infra.descriptions import attempts, describe, descriptions, problems, use
from infra.terraform import ROOT, copied

FUNCTIONS = sorted(descriptions(ROOT))
SCHEDULES = json.loads((ROOT / "config/schedules.json").read_text(encoding="utf-8"))["schedules"]


def new_problems(root: Path) -> list[str]:
    """The faults of a copy that the project itself does not have."""
    return [one for one in problems(root) if one not in problems(ROOT)]


def test_the_descriptions_have_no_fault() -> None:
    assert problems(ROOT) == []


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_rights_on_the_tables_that_its_sql_touches_and_on_no_other(name: str, tmp_path: Path) -> None:
    described = descriptions(ROOT)[name]
    used = use(ROOT, name, tmp_path)
    assert {*described["writes"]} == used.writes
    assert {*described["reads"]} == used.reads
    assert described["uses_staging"] == used.uses_staging


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_that_always_fails_fails_often_enough_to_raise_an_alert(name: str) -> None:
    """The policy waits for 3 failed runs within the time after which the job is late, a day at most."""
    seconds = min(descriptions(ROOT)[name]["stale_after_seconds"], 86_400)
    calls = [attempts(one, seconds) for one in SCHEDULES if one["function"] == name]
    assert max(calls, default=0) >= 3


def test_no_more_failures_can_be_waited_for_than_every_function_can_have() -> None:
    text = (ROOT / "infra/variables.tf").read_text(encoding="utf-8")
    (most,) = re.findall(r"var\.failures_before_alert <= ([0-9]+)", text)
    seconds = {
        name: min(description["stale_after_seconds"], 86_400) for name, description in descriptions(ROOT).items()
    }
    reached = {
        name: max(attempts(one, seconds[name]) for one in SCHEDULES if one["function"] == name) for name in FUNCTIONS
    }
    assert int(most) == min(reached.values())


def test_a_folder_without_a_description_is_named(tmp_path: Path) -> None:
    root = copied(tmp_path)
    (root / "functions/sixth").mkdir()
    (root / "functions/sixth/main.py").write_text("def sixth(request): ...\n", encoding="utf-8")
    assert new_problems(root) == ["functions/sixth has no function.json"]


def test_a_description_without_a_function_is_named(tmp_path: Path) -> None:
    root = copied(tmp_path)
    (root / "functions/detector/main.py").unlink()
    assert new_problems(root) == ["functions/detector has no main.py"]


def test_a_table_that_no_function_touches_is_named(tmp_path: Path) -> None:
    root = copied(tmp_path)
    schemas = root / "shared/mixpanel_data/warehouse/schemas"
    (schemas / "forgotten.json").write_text((schemas / "job_locks.json").read_text("utf-8"), "utf-8")
    assert new_problems(root) == ["no function writes or reads the table forgotten"]


def test_an_absence_that_no_policy_can_watch_for_is_named(tmp_path: Path) -> None:
    root = copied(tmp_path)
    describe(root, "detector", stale_after_seconds=84_660)
    assert new_problems(root) == [
        "functions/detector/function.json: stale_after_seconds is 84660; an absence is watched for, at most 84600"
    ]


def test_a_main_py_without_the_function_that_is_called_is_named(tmp_path: Path) -> None:
    root = copied(tmp_path)
    (root / "functions/detector/main.py").write_text("def detect(request): ...\n", encoding="utf-8")
    assert new_problems(root) == ["functions/detector/function.json: main.py has no function detector"]


def test_a_port_that_two_functions_have_is_named(tmp_path: Path) -> None:
    root = copied(tmp_path)
    describe(root, "detector", port=descriptions(root)["collector"]["port"])
    assert new_problems(root) == ["2 functions have the port 8081"]


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"port": 8086}, "port is 8086"),
        ({"memory": "1GB"}, "memory is '1GB'"),
        ({"timeout_seconds": 60}, "timeout_seconds is 60"),
        ({"stale_after_seconds": 630}, "stale_after_seconds is 630"),
        ({"secrets": ["MIXPANEL_SECRET"]}, "MIXPANEL_SECRET is none of"),
        ({"reads": ["event_minute"]}, "event_minute is not a declared table"),
        ({"reads": ["job_runs"]}, "job_runs is written"),
        ({"cpu": 1}, "its keys are"),
    ],
)
def test_a_wrong_description_is_named(tmp_path: Path, changed: dict[str, Any], word: str) -> None:
    root = copied(tmp_path)
    describe(root, "collector", **changed)
    assert any(f"functions/collector/function.json: {word}" in found for found in problems(root))
