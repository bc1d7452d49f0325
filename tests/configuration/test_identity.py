"""The sources and limits that `config/identity.json` can name, and the messages about its mistakes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.base import parsed
from mixpanel_data.configuration.identity import IdentityConfig, Kind, Source

CONFIG = Path(__file__).parents[2] / "config"
USER = {"kind": "user", "property": "$user_id"}
DEVICE = {"kind": "device", "property": "$device_id"}
EVENTS = {"name": "events", "table": "mixpanel_events", "ids": [USER, DEVICE]}
SITE = {
    "name": "site",
    "table": "website_data",
    "time": "event_time",
    "new_by": "inserted_at",
    "where": {"consent": [True], "country": "DE"},
    "alone": True,
    "ids": [{"kind": "user", "column": "user_id"}, {"kind": "device", "column": "anon_id"}],
}
LEAST: dict[str, Any] = {"sources": [EVENTS]}


def read(document: Any) -> IdentityConfig:
    return parsed(IdentityConfig, json.dumps(document), "identity.json")


def configured(**changed: Any) -> IdentityConfig:
    return read({**LEAST, **changed})


def with_source(changed: Any, source: Any = SITE) -> Source:
    return configured(sources=[{**source, **changed}]).sources[0]


def shipped(name: str) -> IdentityConfig:
    return parsed(IdentityConfig, (CONFIG / name).read_text(encoding="utf-8"), name)


# What a configuration says


def test_sources_are_all_that_a_configuration_needs() -> None:
    config = configured()
    (source,) = config.sources
    assert (source.time, source.new_by, source.events, source.alone) == (None, None, None, False)
    assert [*source.conditions()] == []
    assert (config.identity, config.ignore, config.states) == ("simplified", (), None)
    assert (config.max_cluster_size, config.max_withdrawn) == (500, 1000)


def test_a_source_keeps_what_it_is_given() -> None:
    source = with_source({})
    assert (source.table, source.time, source.new_by, source.alone) == (
        "website_data",
        "event_time",
        "inserted_at",
        True,
    )
    assert [*source.conditions()] == [("consent", (True,)), ("country", ("DE",))]
    assert [(end.kind, end.column, end.property) for end in source.ids] == [
        ("user", "user_id", None),
        ("device", "anon_id", None),
    ]


@pytest.mark.parametrize(
    "end",
    [
        {"kind": "other", "column": "user"},
        {"kind": "other", "property": "any text, größe 😀"},
        {"kind": "other", "column": "payload", "property": "id"},
    ],
)
def test_an_id_is_in_a_column_in_a_property_or_in_a_property_of_a_column(end: dict[str, str]) -> None:
    (read_end,) = with_source({"ids": [end]}).ids
    assert read_end.model_dump(exclude_unset=True) == end


def test_conditions_on_events_name_properties_of_any_spelling() -> None:
    source = with_source({"events": ["Log in"], "where": {"plan type": ["a", 1]}}, EVENTS)
    assert source.events == ("Log in",)
    assert [*source.conditions()] == [("plan type", ("a", 1))]


@pytest.mark.parametrize(
    ("identity", "shared_devices", "elects"),
    [
        ("simplified", None, True),
        ("simplified", "elect", True),
        ("simplified", "join", False),
        ("original", None, False),
        ("original", "elect", True),
        ("original", "join", False),
    ],
)
def test_a_shared_device_belongs_to_one_user_in_simplified_projects_unless_told_otherwise(
    identity: str, shared_devices: str | None, elects: bool
) -> None:
    assert configured(identity=identity, shared_devices=shared_devices).elects is elects


@pytest.mark.parametrize(
    ("given", "limits"),
    [
        ({}, (20, 200, None)),
        ({"device": 3}, (3, 200, None)),
        ({"device": None, "other": 1}, (None, 200, 1)),
        ({"device": None, "user": None, "other": None}, (None, None, None)),
    ],
)
def test_each_kind_has_its_own_limit_of_partners_which_null_lifts(given: Any, limits: tuple[int | None, ...]) -> None:
    config = configured(max_partners=given)
    assert tuple(config.partners_of(kind) for kind in (Kind.DEVICE, Kind.USER, Kind.OTHER)) == limits


def test_without_an_entry_the_limits_of_partners_are_the_same_as_with_an_empty_one() -> None:
    assert configured().max_partners == configured(max_partners={}).max_partners


def test_null_lifts_the_limits_of_clusters_and_of_a_refresh() -> None:
    config = configured(max_cluster_size=None, max_withdrawn=None)
    assert (config.max_cluster_size, config.max_withdrawn) == (None, None)


def test_two_states_may_differ_in_anything() -> None:
    states = {"one": [["a", "b"], ["c"]], "two": [["c", "a"]], "nobody": []}
    assert configured(states=states).states == {
        "one": (("a", "b"), ("c",)),
        "two": (("c", "a"),),
        "nobody": (),
    }


# The files that ship


def test_the_file_that_ships_reads_both_pairs_of_ids_that_events_have() -> None:
    config = shipped("identity.json")
    assert {source.table for source in config.sources} == {"mixpanel_events"}
    assert [[(end.kind, end.column or end.property) for end in source.ids] for source in config.sources] == [
        [("user", "$user_id"), ("device", "$device_id")],
        [("user", "distinct_id"), ("other", "$distinct_id_before_identity")],
    ]


def test_the_file_that_ships_writes_the_defaults_out() -> None:
    config = shipped("identity.json")
    assert config == IdentityConfig(sources=config.sources)


def test_the_demonstration_grows_one_cluster_from_day_to_day() -> None:
    config = shipped("identity_demo.json")
    assert config.identity == "original"
    assert [source.table for source in config.sources] == ["website_data", "erp_data", "server_logs"]
    assert config.states == {
        "yesterday": (("foo",),),
        "today": (("foo", "bar"),),
        "tomorrow": (("foo", "bar", "baz"),),
    }


# Mistakes


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "sources is missing: add it"),
        ({"sources": []}, r"sources is \[\]: give a list of at least 1"),
        ({**LEAST, "source": []}, "source is not known here"),
        ({**LEAST, "identity": "new"}, r'identity is "new": give .simplified. or .original.'),
        ({**LEAST, "shared_devices": "share"}, r'shared_devices is "share": give .elect. or .join.'),
        ({**LEAST, "ignore": "x"}, r'ignore is "x": give a list'),
        ({"sources": [EVENTS, SITE, EVENTS]}, r"sources\[2\]\.name repeats 'events' of sources\[0\]: rename one"),
    ],
)
def test_a_mistake_at_the_top_is_reported_with_its_entry(document: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"^identity\.json: {message}"):
        read(document)


@pytest.mark.parametrize("limit", ["max_cluster_size", "max_withdrawn", "max_partners.device", "max_partners.other"])
@pytest.mark.parametrize("value", [0, -1, 10**19])
def test_a_limit_that_is_not_at_least_1_is_refused(limit: str, value: int) -> None:
    name, _, kind = limit.partition(".")
    with pytest.raises(ConfigError, match=rf": {limit} is {value}: give a whole number from 1 .*null for no limit"):
        configured(**{name: {kind: value} if kind else value})


@pytest.mark.parametrize("value", [True, 1.5, "20"])
def test_a_limit_is_a_whole_number(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"max_cluster_size is .*: give a whole number"):
        configured(max_cluster_size=value)


def test_a_limit_of_a_kind_that_is_not_known_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"max_partners\.robot is .*'device', 'user' or 'other'"):
        configured(max_partners={"robot": 1})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": ""}, r"sources\[0\]\.name is \"\""),
        *(
            ({"name": name}, rf"sources\[0\]\.name is \"{re.escape(name)}\": that name is reserved .*give another name")
            for name in ("manual", "demonstration", "*")
        ),
        ({"colour": 1}, r"sources\[0\]\.colour is not known here"),
        ({"ids": []}, r"sources\[0\]\.ids is \[\]: give one end or two"),
        ({"ids": [USER, DEVICE, {"kind": "other", "column": "c"}]}, r"sources\[0\]\.ids is .*: give one end or two"),
        ({"ids": [USER, USER]}, r"sources\[0\]\.ids is .*: both ends are the same: give two different ones"),
        ({"ids": [{"kind": "user"}]}, r"sources\[0\]\.ids\[0\] is .*: column and property are missing: give one"),
        ({"ids": [USER, {"property": "x"}]}, r"sources\[0\]\.ids\[1\]\.kind is missing"),
        (
            {"ids": [{**USER, "kind": "robot"}]},
            r"sources\[0\]\.ids\[0\]\.kind is \"robot\": give 'device', 'user' or 'other'",
        ),
        ({"ids": [{**USER, "path": "x"}]}, r"sources\[0\]\.ids\[0\]\.path is not known here"),
        ({"ids": [{"kind": "user", "property": ""}]}, r"sources\[0\]\.ids\[0\]\.property is"),
        ({"events": ["Log in"]}, r"sources\[0\]\.events is .*: only mixpanel_events has event names: remove this"),
        ({"where": {"a b": 1}}, r"sources\[0\]\.where is .*: 'a b' is not the name of a column"),
        ({"where": {"consent": []}}, r"sources\[0\]\.where\.consent is \[\]: give at least one value"),
        ({"alone": "yes"}, r"sources\[0\]\.alone is \"yes\""),
    ],
)
def test_a_mistake_in_a_source_is_reported_with_its_field(changed: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        with_source(changed)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"column": "id"}, {"column": "ID"}),
        ({"property": "id"}, {"column": "properties", "property": "id"}),
        ({"column": "payload", "property": "id"}, {"column": "Payload", "property": "id"}),
    ],
)
def test_two_ends_that_read_the_same_place_are_refused_whatever_their_kinds(one: Any, other: Any) -> None:
    with pytest.raises(ConfigError, match=r"sources\[0\]\.ids is .*: both ends are the same"):
        with_source({"ids": [{"kind": "user", **one}, {"kind": "device", **other}]})


def test_two_properties_of_one_column_are_different_ends() -> None:
    ids = [{"kind": "user", "column": "c", "property": name} for name in ("a", "A")]
    assert len(with_source({"ids": ids}).ids) == 2


@pytest.mark.parametrize("name", ["", "a-b", "1st", "dataset.t", "größe", "t`; DROP TABLE t", "x\n", "x" * 1025])
@pytest.mark.parametrize("field", ["table", "time", "new_by", "ids[0].column"])
def test_a_table_or_column_is_named_by_an_identifier(field: str, name: str) -> None:
    changed = {"ids": [{"kind": "user", "column": name}]} if "ids" in field else {field: name}
    with pytest.raises(ConfigError) as caught:
        with_source(changed)
    message = str(caught.value)
    shown = f'"{"x" * 199}…' if len(name) > 1024 else json.dumps(name)
    assert f"sources[0].{field} is {shown}: use at most 1024 letters, digits and _" in message


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("time", "the time of mixpanel_events is always event_timestamp: remove this field"),
        ("new_by", "event_arrivals already says what is new in mixpanel_events: remove this field"),
    ],
)
def test_a_source_of_events_has_its_time_and_its_arrivals_already(field: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=rf'sources\[0\]\.{field} is "inserted_at": {reason}'):
        with_source({field: "inserted_at"}, EVENTS)


@pytest.mark.parametrize("field", ["time", "new_by", "events"])
def test_null_stands_for_a_field_that_is_left_out(field: str) -> None:
    for source in (EVENTS, SITE):
        assert getattr(with_source({field: None}, source), field) is None


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ({}, "states is {}"),
        ({"": [["a"]]}, "states. is"),
        ({"today": "a"}, r'states\.today is "a": give a list'),
        ({"today": ["a"]}, r'states\.today\[0\] is "a": give a list'),
        ({"today": [["a"], []]}, r"states\.today\[1\] is \[\]: give a list of at least 1"),
        ({"today": [["a", ""]]}, r"states\.today\[0\]\[1\] is"),
        ({"today": [["a", 1]]}, r"states\.today\[0\]\[1\] is 1"),
        (
            {"yesterday": [["a"]], "today": [["a", "b"], ["c", "b"]]},
            r"states\.today\[1\] repeats 'b' of states\.today\[0\]: an id is in one cluster of a state, once",
        ),
        ({"today": [["a", "b", "a"]]}, r"states\.today\[0\] repeats 'a' of states\.today\[0\]"),
    ],
)
def test_a_mistake_in_a_state_is_reported_with_its_cluster(states: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        configured(states=states)
