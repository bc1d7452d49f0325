"""The file of events: its entries and defaults, and the messages about its mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.base import parsed
from mixpanel_data.configuration.events import EventsConfig

CONFIG = Path(__file__).parents[2] / "config"


def config(*events: dict[str, Any]) -> EventsConfig:
    return parsed(EventsConfig, json.dumps({"events": events}), "here")


def test_an_entry_has_defaults() -> None:
    (event,) = config({"name": "Purchase"}).events
    assert (event.name, event.enabled, event.alert_threshold, event.alert_channel, event.time_window_minutes) == (
        "Purchase",
        True,
        None,
        None,
        1,
    )


def test_an_entry_sets_how_its_event_is_watched() -> None:
    entry = {
        "name": "größe\u2028 😀",
        "enabled": True,
        "alert_threshold": 12.5,
        "alert_channel": "#alerts",
        "time_window_minutes": 1440,
    }
    (event,) = config(entry).events
    assert event.model_dump(exclude_unset=True) == entry
    assert (event.baseline, event.silence) == (True, True)


@pytest.mark.parametrize("threshold", [1, 0.5, 1e9])
def test_a_threshold_is_any_number_above_0(threshold: float) -> None:
    assert config({"name": "a", "alert_threshold": threshold}).events[0].alert_threshold == threshold


def test_the_file_that_ships_is_right() -> None:
    path = CONFIG / "events_config.json"
    assert parsed(EventsConfig, path.read_text(encoding="utf-8"), str(path)).events


MISTAKES = [
    ("unknown key", '{"events": [{"name": "a"}, {"name": "b", "treshold": 1}]}', ["events[1].treshold", "not known"]),
    ("unknown key at the top", '{"events": [{"name": "a"}], "event": []}', ["event is not known"]),
    ("no name", '{"events": [{"enabled": true}]}', ["events[0].name", "missing"]),
    ("empty name", '{"events": [{"name": ""}]}', ["events[0].name", '""']),
    ("name of 256 characters", json.dumps({"events": [{"name": "x" * 256}]}), ["events[0].name", "255"]),
    ("name that is a number", '{"events": [{"name": 1}]}', ["events[0].name", "1", "give text"]),
    ("name that is null", '{"events": [{"name": null}]}', ["events[0].name", "give text"]),
    ("empty list", '{"events": []}', ["events", "at least 1"]),
    ("no list", "{}", ["events", "missing"]),
    ("list that is an object", '{"events": {"name": "a"}}', ["events", "give a list"]),
    ("list that is text", '{"events": "a"}', ["events", "give a list"]),
    ("entry that is text", '{"events": ["Purchase"]}', ["events[0]", "Purchase"]),
    ("entry that is null", '{"events": [null]}', ["events[0]"]),
    (
        "switch that is text",
        '{"events": [{"name": "a", "enabled": "yes"}]}',
        ["events[0].enabled", "yes", "give true or false"],
    ),
    (
        "switch that is a number",
        '{"events": [{"name": "a", "enabled": 1}]}',
        ["events[0].enabled", "give true or false"],
    ),
    ("threshold of 0", '{"events": [{"name": "a", "alert_threshold": 0}]}', ["events[0].alert_threshold", "0"]),
    ("threshold below 0", '{"events": [{"name": "a", "alert_threshold": -1}]}', ["events[0].alert_threshold", "-1"]),
    ("threshold as words", '{"events": [{"name": "a", "alert_threshold": "many"}]}', ["events[0].alert_threshold"]),
    ("threshold NaN", '{"events": [{"name": "a", "alert_threshold": NaN}]}', ["alert_threshold"]),
    ("window of 0", '{"events": [{"name": "a", "time_window_minutes": 0}]}', ["events[0].time_window_minutes", "0"]),
    ("window of 2 days", '{"events": [{"name": "a", "time_window_minutes": 2880}]}', ["time_window_minutes", "1440"]),
    ("half a window", '{"events": [{"name": "a", "time_window_minutes": 1.5}]}', ["events[0].time_window_minutes"]),
    ("window as text", '{"events": [{"name": "a", "time_window_minutes": "5"}]}', ["events[0].time_window_minutes"]),
    ("empty channel", '{"events": [{"name": "a", "alert_channel": ""}]}', ["events[0].alert_channel"]),
    ("a name twice", '{"events": [{"name": "a"}, {"name": "b"}, {"name": "a"}]}', ["events[2].name", "events[0]"]),
    ("a key twice", '{"events": [{"name": "a", "name": "b"}]}', ["'name'", "twice"]),
    ("a key twice at the top", '{"events": [], "events": []}', ["'events'", "twice"]),
    (
        "rule as text",
        '{"events": [{"name": "a", "silence": "off"}]}',
        ["events[0].silence", "off", "give true or false"],
    ),
    ("runbook that is no URL", '{"events": [{"name": "a", "runbook_url": "wiki"}]}', ["events[0].runbook_url", "wiki"]),
    (
        "an event's address without a place for its name",
        '{"events": [{"name": "a"}], "mixpanel_event_url": "https://mixpanel.example/events"}',
        ["mixpanel_event_url", "{event}", "the event's name"],
    ),
    (
        "mute that ends before it starts",
        '{"events": [{"name": "a", "mute": [{"from": "2026-02-01", "to": "2026-01-01", "reason": "x"}]}]}',
        ["events[0].mute[0]", "2026-01-01", "ends after it starts"],
    ),
    (
        "mute on a day that is none",
        '{"events": [{"name": "a", "mute": [{"from": "2026-02-30", "to": "2026-03-01", "reason": "x"}]}]}',
        ["events[0].mute[0].from", "2026-02-30"],
    ),
    (
        "mute without a reason",
        '{"events": [{"name": "a", "mute": [{"from": "2026-02-01", "to": "2026-03-01"}]}]}',
        ["events[0].mute[0].reason", "missing"],
    ),
    ("reminder at once", '{"events": [{"name": "a", "remind_after_minutes": 0}]}', ["events[0].remind_after_minutes"]),
    ("budget of 0", '{"events": [{"name": "a"}], "false_alerts_per_week": 0}', ["false_alerts_per_week", "0"]),
    ("age of 2 days", '{"events": [{"name": "a"}], "max_age_hours": 48}', ["max_age_hours", "24"]),
    ("cooldown below 0", '{"events": [{"name": "a"}], "cooldown_minutes": -1}', ["cooldown_minutes", "-1"]),
    ("pattern that is none", '{"events": [{"name": "a"}], "redact": {"patterns": ["("]}}', ["redact.patterns[0]", "("]),
    ("redaction of what", '{"events": [{"name": "a"}], "redact": {"names": ["x"]}}', ["redact.names is not known"]),
    ("none enabled", '{"events": [{"name": "a", "enabled": false}]}', ["events", "no event is enabled"]),
    ("no JSON", "{'events': []}", ["not valid JSON", "line 1 column 2"]),
    ("JSON and more", '{"events": []} ]', ["not valid JSON"]),
    ("nothing", "", ["not valid JSON"]),
    ("a list", "[]", ["JSON object"]),
    ("null", "null", ["JSON object"]),
]


@pytest.mark.parametrize(("text", "words"), [pytest.param(text, words, id=name) for name, text, words in MISTAKES])
def test_a_mistake_is_reported_with_its_source_its_entry_and_its_field(text: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        parsed(EventsConfig, text, "gs://bucket/events.json")
    message = str(caught.value)
    assert message.startswith("gs://bucket/events.json")
    for word in words:
        assert word in message
    assert "pydantic" not in message
    assert caught.value.http_status == 400


def test_all_mistakes_are_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        config({"name": ""}, {"nome": "b"})
    for word in ("events[0].name", "events[1].name is missing", "events[1].nome is not known"):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "document",
    [
        {"events": [{"name": ""}]},
        {"events": ["a"]},
        {"events": [{"name": "a", "mute": [{"from": "2026-02-01"}]}]},
    ],
)
def test_a_list_whose_entries_are_wrong_is_not_called_too_short(document: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        parsed(EventsConfig, json.dumps(document), "here")
    assert "at least" not in str(caught.value).replace("at least 1 character", "")
    assert "uple" not in str(caught.value)


@pytest.mark.parametrize("threshold", ['"12"', "true", "Infinity", "1e999"])
def test_a_threshold_is_a_number_and_finite(threshold: str) -> None:
    with pytest.raises(ConfigError, match="alert_threshold"):
        parsed(EventsConfig, f'{{"events": [{{"name": "a", "alert_threshold": {threshold}}}]}}', "here")


def test_brackets_without_end_are_not_json() -> None:
    with pytest.raises(ConfigError, match="not valid JSON"):
        parsed(EventsConfig, "[" * 100_000, "here")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)


@given(SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.just("nome") | st.text(max_size=3), SCALARS))
def test_a_document_of_another_shape_is_a_config_error(document: Any) -> None:
    with pytest.raises(ConfigError):
        parsed(EventsConfig, json.dumps(document), "here")
    with pytest.raises(ConfigError):
        parsed(EventsConfig, json.dumps({"events": [document]}), "here")


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parsed(EventsConfig, text, "here")


# How they are watched


def test_keys_that_are_left_out_have_defaults() -> None:
    usual = config({"name": "a"})
    assert (usual.false_alerts_per_week, usual.max_age_hours, usual.cooldown_minutes) == (1.0, 24, 5)
    (event,) = usual.events
    assert (event.baseline, event.silence, event.mute, event.remind_after_minutes) == (True, True, (), None)


def test_a_mute_is_a_time_in_utc_with_a_reason() -> None:
    mute = {"from": "2026-02-01", "to": "2026-02-01T12:00:00+02:00", "reason": "release"}
    ((read,),) = (event.mute for event in config({"name": "a", "mute": [mute]}).events)
    assert (read.start.isoformat(), read.end.isoformat()) == ("2026-02-01T00:00:00+00:00", "2026-02-01T10:00:00+00:00")


def test_an_event_is_watched_by_its_own_entry_else_by_the_star() -> None:
    watched = config({"name": "*", "silence": False}, {"name": "a"}, {"name": "b", "enabled": False})
    own, star = watched.entry("a"), watched.entry("c")
    assert own is not None
    assert star is not None
    assert (own.name, own.silence) == ("a", True)
    assert (star.name, star.silence) == ("*", False)
    assert watched.entry("b") is None
    assert config({"name": "a"}).entry("c") is None


# Which events


def test_only_the_enabled_events_are_selected() -> None:
    selection = config({"name": "a"}, {"name": "b", "enabled": False}).selection
    assert "a" in selection
    assert "b" not in selection
    assert "c" not in selection


def test_a_star_selects_all_but_the_disabled_events() -> None:
    selection = config({"name": "*"}, {"name": "a"}, {"name": "b", "enabled": False}).selection
    assert "a" in selection
    assert "b" not in selection
    assert "anything" in selection


def test_a_disabled_star_selects_nothing_more() -> None:
    selection = config({"name": "*", "enabled": False}, {"name": "a"}).selection
    assert "a" in selection
    assert "b" not in selection


def test_names_differ_by_case() -> None:
    selection = config({"name": "Purchase"}, {"name": "purchase", "enabled": False}).selection
    assert "Purchase" in selection
    assert "purchase" not in selection
