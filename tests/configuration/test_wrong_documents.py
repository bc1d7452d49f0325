"""A file of `config/` with one wrong value anywhere: the error names the file and the field, in words of ours."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.base import parsed
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.configuration.identity import IdentityConfig
from mixpanel_data.configuration.reports.saved import SavedReports, SavedSegments
from mixpanel_data.configuration.tracking_plan.plan import TrackingPlan
from mixpanel_data.configuration.user_metrics import UserMetrics
from support.library_words import LIBRARY_WORDS

CONFIG = Path(__file__).parents[2] / "config"
WRONG: tuple[Any, ...] = (None, True, 1.5, -1, 10**30, "", "nonsense", [], {}, [[]], {"nonsense": 1})
EVENTS = {
    "events": [
        {"name": "A", "alert_threshold": 5, "time_window_minutes": 60, "silence": True, "owner": "U1"},
        {"name": "B", "mute": [{"from": "2026-01-01", "to": "2026-01-02", "reason": "a migration"}]},
    ],
    "redact": {"properties": ["email"], "patterns": ["[0-9]+"]},
}
PROPERTIES = {"p": {"type": "string", "enum": ["x"]}, "n": {"type": "number", "minimum": 1}}
PLAN = {
    "events": {"A": {"status": "active", "schema": {"properties": PROPERTIES, "required": ["p"]}}},
    "version_properties": ["mp_lib"],
}


def places(document: Any) -> Iterator[tuple[Any, ...]]:
    """The way to each value of a document."""
    members = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in members:
        yield (key,)
        yield from ((key, *rest) for rest in places(value))


def with_value(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The document with another value there."""
    changed = copy.deepcopy(document)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return changed


def file(name: str) -> Any:
    """A document that the project ships."""
    return json.loads((CONFIG / name).read_text(encoding="utf-8"))


def refusal(shape: type[BaseModel], document: Any) -> str | None:
    """What is said of the document; None if nothing is wrong with it."""
    try:
        parsed(shape, json.dumps(document), "the file")
    except ConfigError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("shape", "document"),
    [
        (EventsConfig, EVENTS),
        (TrackingPlan, PLAN),
        (IdentityConfig, file("identity.json")),
        (SavedReports, file("reports.json")),
        (SavedSegments, file("segments.json")),
        (UserMetrics, file("user_metrics.json")),
    ],
    ids=lambda each: each.__name__ if isinstance(each, type) else "",
)
def test_one_wrong_value_is_told_with_its_file_and_in_our_words(shape: type[BaseModel], document: Any) -> None:
    parsed(shape, json.dumps(document), "the file")
    told = [
        fault
        for place in places(document)
        for value in WRONG
        if (fault := refusal(shape, with_value(document, place, value))) is not None
    ]
    assert [each for each in told if not each.startswith("the file") or LIBRARY_WORDS.search(each)] == []


def test_an_unknown_field_is_told_with_the_nearest_that_there_is() -> None:
    with pytest.raises(ConfigError, match=r"events\[0\]\.enabld is not known here.*\(nearest: 'enabled'\)"):
        parsed(EventsConfig, '{"events": [{"name": "A", "enabld": true}]}', "the file")


def test_an_unknown_word_is_told_with_the_nearest_that_there_is() -> None:
    with pytest.raises(ConfigError, match=r"status is \"actve\": give 'active'.*\(nearest: 'active'\)"):
        parsed(TrackingPlan, '{"events": {"A": {"status": "actve"}}}', "the file")
