"""config/events_config.schema.json: an editor accepts and refuses the documents that the jobs do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from configuration.test_events import MISTAKES
from docs.pages import blocks
from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.base import parsed
from mixpanel_data.configuration.events import EventsConfig

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "config" / "events_config.schema.json").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
EDITOR = Draft202012Validator(SCHEMA)
# What a JSON Schema cannot say; NaN is none of its numbers.
BEYOND = {
    "a name twice",
    "mute on a day that is none",
    "mute that ends before it starts",
    "pattern that is none",
    "threshold NaN",
}
SHAPES = {"": SCHEMA, **SCHEMA["$defs"]}


def is_right(document: Any) -> bool:
    """Whether the jobs accept a document."""
    try:
        parsed(EventsConfig, json.dumps(document), "here")
    except ConfigError:
        return False
    return True


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_file_that_ships_names_its_schema_and_is_right() -> None:
    file = ROOT / "config" / "events_config.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    assert (file.parent / document["$schema"]).samefile(ROOT / "config" / "events_config.schema.json")
    assert EDITOR.is_valid(document)
    assert is_right(document)


def test_the_example_of_the_page_is_right() -> None:
    (example,) = [block.text for block in blocks("json") if "false_alerts_per_week" in block.text]
    assert EDITOR.is_valid(json.loads(example))
    assert is_right(json.loads(example))


@pytest.mark.parametrize(("name", "text"), [pytest.param(name, text, id=name) for name, text, _ in MISTAKES])
def test_an_editor_refuses_what_the_jobs_refuse_and_a_schema_can_say(name: str, text: str) -> None:
    try:
        document = json.loads(text, object_pairs_hook=without_repetition)
    except ValueError:
        return  # An editor finds what is no JSON by itself.
    assert EDITOR.is_valid(document) == (name in BEYOND)


def without_repetition(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; editors tell a key that it has twice."""
    if len(dict(members)) < len(members):
        raise ValueError("a key twice")
    return dict(members)


FLAGS = (True, False, None, 0, "true")
TEXTS = ("a", "x" * 255, "", "x" * 256, 1, None, ["a"])
NUMBERS = (0, 0.5, 1, 1000, 1001, -1, "1", None, True)
WHOLES = (-1, 0, 1, 24, 25, 1440, 1441, 525_600, 525_601, 1.5, "5", None, True)
ADDRESSES = (
    "https://a.example/{event}",
    "http://a.example",
    "ftp://a/{event}",
    "https://a {event}",
    "http://|",
    None,
    5,
)
INSTANTS = ("2026-12-24", "20261224", "2026-W52-4", "2026-12-24T12:00:00+01:00", "tomorrow", "", 5, None)
MUTE = {"from": "2026-12-24", "to": "2027-01-01", "reason": "holidays"}
LISTS: tuple[Any, ...] = ([], ["a"], ["a", "b"], [""], [1], "a", {}, None)
OF_AN_EVENT: dict[str, Iterable[Any]] = {
    "name": TEXTS,
    **dict.fromkeys(("enabled", "baseline", "silence"), FLAGS),
    **dict.fromkeys(("alert_channel", "owner"), TEXTS),
    **dict.fromkeys(("time_window_minutes", "remind_after_minutes"), WHOLES),
    "alert_threshold": NUMBERS,
    "runbook_url": ADDRESSES,
    "mute": [
        [],
        None,
        MUTE,
        [MUTE, MUTE],
        *([{**MUTE, "from": instant}] for instant in INSTANTS),
        *([{**MUTE, "reason": text}] for text in TEXTS),
        *([{name: value for name, value in MUTE.items() if name != left_out}] for left_out in MUTE),
    ],
    "unknown": (None,),
}
OF_ALL: dict[str, Iterable[Any]] = {
    "$schema": TEXTS,
    "events": ([], None, {}, [{}], [{"name": "a", "enabled": False}], [{"name": "a", "enabled": False}, {"name": "b"}]),
    "false_alerts_per_week": NUMBERS,
    **dict.fromkeys(("max_age_hours", "cooldown_minutes"), WHOLES),
    "redact": [{}, None, [], {"names": []}, *({key: each} for key in ("properties", "patterns") for each in LISTS)],
    "mixpanel_event_url": ADDRESSES,
    "unknown": (None,),
}


def test_an_editor_and_the_jobs_agree_on_each_value_of_each_key() -> None:
    documents = [
        *(
            {"events": [{"name": "a", key: each}, {"name": "b"}]}
            for key, values in OF_AN_EVENT.items()
            for each in values
        ),
        *({"events": [{"name": "a"}], key: each} for key, values in OF_ALL.items() for each in values),
    ]
    assert [each for each in documents if EDITOR.is_valid(each) != is_right(each)] == []
    assert {is_right(each) for each in documents} == {True, False}


def test_every_key_has_a_description_and_the_page_has_it_too() -> None:
    keys = {key: each for shape in SHAPES.values() for key, each in shape["properties"].items()}
    assert {*OF_AN_EVENT, *OF_ALL} - {"unknown"} == SHAPES["Event"]["properties"].keys() | SCHEMA["properties"].keys()
    assert [key for key, each in keys.items() if not each.get("description")] == []
    section = PAGE.partition("## config/events_config.json")[2].partition("\n## ")[0]
    listed = {
        key for row in re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE) for key in re.findall("`(.+?)`", row)
    }
    assert listed == SHAPES["Event"]["properties"].keys() | SCHEMA["properties"].keys() - {"events", "$schema"}
