"""The export: a JSON Schema file per event that every event fits, and the entries of Mixpanel's Lexicon."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from jsonschema import Draft202012Validator

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import RateLimitError, RequestError, UnavailableError
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, Region
from mixpanel_data.clients.mixpanel.lexicon import Lexicon
from mixpanel_data.clients.mixpanel.lexicon.pace import Pace
from mixpanel_data.configuration.base import parsed
from mixpanel_data.configuration.tracking_plan import TrackingPlan
from mixpanel_data.registry import exporting
from mixpanel_data.registry.exporting.file_names import file_name
from mixpanel_data.registry.exporting.folder import MANIFEST
from mixpanel_data.registry.exporting.sent import SENT
from mixpanel_data_standins.mixpanel import Access, Behaviour, StandInMixpanel, faults
from support.engines import DATASET, DuckDB, opened
from support.published_events import PublishedEvent
from support.registry_rows import add
from support.registry_world import TODAY, RegistryWorld

pytestmark = pytest.mark.sequences

ACCESS = Access(username="robot.1", secret="s3cret-of-ours")
ACCOUNT = Credentials(Secret(ACCESS.secret), ACCESS.username, ACCESS.project_id)
EVENTS = 10
"""How many events of a name there are."""
PLAN = {
    "events": {
        "Purchase": {
            "description": "Somebody paid; ask ann@example.com",
            "status": "deprecated",
            "schema": {"properties": {"amount": {"description": "In euros"}, "old": {"deprecated": True}}},
        }
    }
}


def tracking_plan(plan: Mapping[str, Any] | None) -> TrackingPlan | None:
    return None if plan is None else parsed(TrackingPlan, json.dumps(plan), "TRACKING_PLAN")


@dataclass
class Registry:
    """A registry whose rows a test writes, the folder that it is exported to, and the tracking plan."""

    engine: DuckDB
    folder: Path
    plan: Mapping[str, Any] | None = None

    def has(self, name: str, **properties: Any) -> None:
        """Observe an event on one day; a property is its type, or its types with their events, or its values."""
        rows = [_row(name, "event", EVENTS)]
        for property_name, given in properties.items():
            for type_name, count in _types(given).items():
                values = given if isinstance(given, list) else None
                rows.append(_row(name, type_name, count, property_name, values))
        add(self.engine, "event_registry", {"event_name": name})
        add(self.engine, "event_observations", *rows)

    def observe(self, *given: Any, **columns: Any) -> None:
        """One more row of event_observations."""
        add(self.engine, "event_observations", {**_row(*given), **columns})

    def has_wide(self, events: int) -> None:
        """Observe events E0, E1, … with 999 properties each."""
        self.has("E0", p0="string")
        others = f"CROSS JOIN range(1, {events}) AS others(number)"
        with self.connected() as connection:
            connection.execute(
                "INSERT INTO event_observations SELECT model.* REPLACE ('p' || number AS property)"
                " FROM event_observations AS model CROSS JOIN range(1, 999) AS others(number) WHERE property = 'p0'"
            )
            for table in ("event_registry", "event_observations"):
                renamed = "model.* REPLACE ('E' || number AS event_name)"
                connection.execute(f"INSERT INTO {table} SELECT {renamed} FROM {table} AS model {others}")

    def forget(self, name: str) -> None:
        """The registry no longer has an event."""
        with self.connected() as connection:
            connection.execute("DELETE FROM event_registry WHERE event_name = ?", [name])

    @contextmanager
    def connected(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to the file, in the dataset."""
        with duckdb.connect(str(self.engine.path)) as connection:
            connection.execute(f"SET schema = '{DATASET}'")
            yield connection

    def export(self, redactor: Redactor | None = None) -> exporting.ExportResult:
        with opened(self.engine) as warehouse:
            return exporting.export(warehouse, tracking_plan(self.plan), self.folder, redactor or Redactor())

    def schemas(self) -> dict[str, dict[str, Any]]:
        """The exported schemas by their title."""
        self.export()
        found = [json.loads(path.read_bytes()) for path in self.folder.glob("*.json") if path.name != MANIFEST]
        return {schema["title"]: schema for schema in found}

    def schema(self) -> dict[str, Any]:
        """The schema of the one event."""
        (schema,) = self.schemas().values()
        return schema


def _row(
    name: str,
    type_name: str,
    events: int,
    property_name: str | None = None,
    values: list[Any] | None = None,
) -> dict[str, Any]:
    """A row of event_observations; without `values`, none was looked at."""
    return {
        "day": "2024-03-01",
        "event_name": name,
        "property": property_name,
        "path": "",
        "type": type_name,
        "events": events,
        "first_seen": "2024-03-01 10:00:00+00",
        "last_seen": "2024-03-01 10:00:00+00",
        "sampled": 0 if values is None else events,
        "distinct_values": None if values is None else len(values),
        "top_values": None if values is None else [{"value": str(value), "events": 1} for value in values],
    }


def _types(given: Any) -> Mapping[str, int]:
    if isinstance(given, dict):
        return given
    if isinstance(given, list):
        return {"integer" if isinstance(given[0], int) else "string": EVENTS}
    return {given: EVENTS}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(DuckDB(tmp_path), tmp_path / "schemas")


# What a schema says


def test_a_schema_has_the_types_and_what_all_events_have(registry: Registry) -> None:
    registry.has("Signup", plan="string", amount={"integer": 3, "number": 4}, note={"string": 5, "null": 5})
    assert registry.schema() == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Signup",
        "type": "object",
        "properties": {
            "amount": {"type": "number"},
            "note": {"type": ["null", "string"]},
            "plan": {"type": "string"},
        },
        "required": ["note", "plan"],
        "additionalProperties": True,
    }


def test_the_plan_describes_events_and_properties_and_says_what_is_deprecated(registry: Registry) -> None:
    registry.plan = PLAN
    registry.has("Purchase", amount="number", old="string", other="string")
    schema = registry.schema()
    assert schema["description"] == "Somebody paid; ask [redacted]"
    assert schema["deprecated"] is True
    assert schema["properties"]["amount"]["description"] == "In euros"
    assert schema["properties"]["old"]["deprecated"] is True
    assert schema["properties"]["other"] == {"type": "string"}


@pytest.mark.parametrize(
    ("columns", "choices"),
    [
        ({}, ["free", "pro"]),
        ({"sampled": 9}, None),
        ({"distinct_values": 21}, None),
        ({"events": 3, "sampled": 3}, None),
    ],
    ids=["all looked at", "not all looked at", "not all listed", "one each"],
)
def test_choices_are_told_where_every_value_was_looked_at(
    registry: Registry, columns: Mapping[str, Any], choices: list[str] | None
) -> None:
    registry.has("Signup")
    registry.observe("Signup", "string", 10, "plan", ["pro", "free"], **columns)
    assert registry.schema()["properties"]["plan"].get("enum") == choices


def test_choices_are_those_of_all_days_and_types(registry: Registry) -> None:
    registry.has("Signup", level={"boolean": 2, "null": 1})
    registry.observe("Signup", "string", 10, "level", ["high", "low"])
    registry.observe("Signup", "string", 10, "level", ["low", "none"], day="2024-03-02")
    registry.observe("Signup", "integer", 10, "level", [10, 9])
    assert registry.schema()["properties"]["level"]["enum"] == [False, True, 9, 10, None, "high", "low", "none"]


@pytest.mark.parametrize("other", ["number", "array", "object"])
def test_a_type_whose_values_are_not_known_leaves_no_choices(registry: Registry, other: str) -> None:
    registry.has("Signup", level={other: 1})
    registry.observe("Signup", "string", 10, "level", ["high", "low"])
    assert "enum" not in registry.schema()["properties"]["level"]


def test_a_property_that_a_crowded_day_may_hide_has_no_type(registry: Registry) -> None:
    registry.has("Signup", always="string", at_times={"string": 5})
    registry.observe("Signup", "event", 10, day="2024-03-02")
    registry.observe("Signup", "others", 700, day="2024-03-02")
    registry.observe("Signup", "string", 10, "always", day="2024-03-02")
    schema = registry.schema()
    assert schema["properties"] == {"always": {"type": "string"}, "at_times": {}}
    assert schema["required"] == ["always"]


def test_nothing_personal_is_in_a_file_or_its_name(registry: Registry) -> None:
    registry.has("Mail to ann@example.com", **{"ann@example.com": "string", "plan": "string"})
    registry.has("Call", user_email=["ann", "bob"], contact=["ann@example.com", "bob"], plan=["free", "pro"])
    registry.export()
    for path in registry.folder.iterdir():
        assert "example" not in path.name
        assert "example.com" not in path.read_text("utf-8")
    schemas = registry.schemas()
    assert schemas["Mail to [redacted]"]["properties"] == {"plan": {"type": "string"}}
    assert schemas["Mail to [redacted]"]["required"] == ["plan"]
    properties = schemas["Call"]["properties"]
    assert [name for name in properties if "enum" in properties[name]] == ["plan"]


def test_a_user_s_redaction_holds_for_files_too(registry: Registry) -> None:
    registry.has("Call", code=["A-1", "A-2"], plan=["free", "pro"])
    registry.export(Redactor(patterns=[r"A-\d"]))
    (path,) = (path for path in registry.folder.glob("call-*.json"))
    assert "A-1" not in path.read_text("utf-8")


# Events fit

VALUES = ["a", "b", "5", 1, 5.0, -0.5, 1e300, 2**53 + 1, "", "😀", True, None, [], [1, "a"], {}, {"a.b": None}]
KEYS = ["plan", "Plan", "a.b", "a'b", 'a"b', "a b", "", "😀", "$os", "ключ", "a\\b"]


def _varied(number: int) -> PublishedEvent:
    """One of many events: the first keys are in more of them, and have fewer values, than the last."""
    properties = {
        key: VALUES[(7 * number + 3 * place) % min(2 * place + 1, len(VALUES))]
        for place, key in enumerate(KEYS)
        if number % (place + 1) == 0
    }
    name, day = ["Visit", "visit", "a/b", "CON", "😀"][number % 5], 10 + number % 4
    return PublishedEvent(name, f"2040-03-{day} 10:00:00", mark=f"e{number:03}", properties=properties)


def test_every_event_fits_its_schema(world: RegistryWorld, tmp_path: Path) -> None:
    world.bring(*(_varied(number) for number in range(300)))
    world.update_all()
    with world.opened() as warehouse:
        result = exporting.export(warehouse, None, tmp_path, Redactor())
    assert result == exporting.ExportResult(5, 5, 0)
    for event in world.brought.values():
        schema = json.loads((tmp_path / file_name(event.name, event.name)).read_bytes())
        Draft202012Validator.check_schema(schema)
        assert list(Draft202012Validator(schema).iter_errors(dict(event.properties))) == []


# Files

CONFUSING = [
    *("Purchase", "purchase", "PURCHASE", "pur chase", "pur-chase", "pur_chase", "pur.chase", "a/b", "a\\b", "../x"),
    *(
        "..",
        ".",
        ".hidden",
        "CON",
        "con.json",
        "NUL",
        "LPT1",
        "a:b",
        "a*?",
        "x" * 300,
        "x" * 299 + "y",
        "😀",
        "🎉",
        "é",
    ),
    *("e\u0301", "ß", "SS", " ", "  ", "a ", "a", "$", "-rf", "\n", "\x00", "\ud800", "mixpanel-schemas", "ſ", "İ"),
]


def test_no_file_system_confuses_two_names() -> None:
    names = [file_name(name, name) for name in [*CONFUSING, ""]]
    assert len({name.casefold() for name in names}) == len(CONFUSING) + 1
    for name in names:
        assert name.isascii()
        assert len(name) <= 70
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
        assert name.count(".") == 1
        assert name.split(".")[0] not in ("con", "nul", "aux", "prn", "lpt1", "com1", "mixpanel-schemas")
        assert name != MANIFEST


def test_a_name_stays_readable() -> None:
    assert file_name("Sign Up: Übung 2", "Sign Up: Übung 2").startswith("sign-up-bung-2-")


def states(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_a_second_export_changes_no_file(registry: Registry) -> None:
    for number in range(20):
        registry.has(f"E{number}", plan=["free", "pro"])
    assert registry.export() == exporting.ExportResult(20, 20, 0)
    before = states(registry.folder)
    assert registry.export() == exporting.ExportResult(20, 0, 0)
    assert states(registry.folder) == before


def test_only_the_file_that_changes_is_written(registry: Registry) -> None:
    registry.has("Signup", plan="string")
    registry.has("Purchase", plan="string")
    registry.export()
    registry.observe("Purchase", "number", 1, "amount")
    assert registry.export() == exporting.ExportResult(2, 1, 0)


def test_a_file_of_an_event_that_is_gone_is_removed_and_nobody_else_s(registry: Registry) -> None:
    registry.has("Signup", plan="string")
    registry.has("Purchase", plan="string")
    registry.export()
    theirs = {"notes.md": b"x", "purchase.json": b"{}", "other-0123456789ab.json": b"{}"}
    for name, content in theirs.items():
        (registry.folder / name).write_bytes(content)
    registry.forget("Purchase")
    assert registry.export() == exporting.ExportResult(1, 0, 1)
    names = {path.name for path in registry.folder.iterdir()}
    assert names == {file_name("Signup", "Signup"), MANIFEST, *theirs}


def test_a_file_that_somebody_changed_is_not_removed(registry: Registry) -> None:
    registry.has("Signup", plan="string")
    registry.has("Purchase", plan="string")
    registry.export()
    (registry.folder / file_name("Purchase", "Purchase")).write_text("mine now")
    registry.forget("Purchase")
    assert registry.export() == exporting.ExportResult(1, 0, 0)
    assert (registry.folder / file_name("Purchase", "Purchase")).read_text() == "mine now"


def test_files_of_an_export_that_died_are_removed_by_a_later_one(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.has("Signup", plan="string")
    registry.has("Purchase", plan="string")
    written: list[str] = []
    replace = Path.replace

    def dies_after_two(path: Path, target: Path) -> Path:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(target.name)
        return replace(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", dies_after_two)
        with pytest.raises(KeyboardInterrupt):
            registry.export()
    assert written == [MANIFEST, file_name("Purchase", "Purchase")]
    registry.forget("Purchase")
    assert registry.export() == exporting.ExportResult(1, 1, 1)
    assert {path.name for path in registry.folder.iterdir()} == {file_name("Signup", "Signup"), MANIFEST}


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"files": []}', '{"files": {"../x.json": ""}}', '{"files": {"a": 1}}']
)
def test_a_manifest_that_is_none_is_refused_and_nothing_is_touched(registry: Registry, content: str) -> None:
    registry.has("Signup")
    registry.folder.mkdir()
    (registry.folder / MANIFEST).write_text(content)
    with pytest.raises(RequestError, match=r"not a manifest.*Give another folder"):
        registry.export()
    assert [path.name for path in registry.folder.iterdir()] == [MANIFEST]


def test_a_folder_that_cannot_be_one_is_refused(registry: Registry) -> None:
    registry.folder.write_text("a file")
    with pytest.raises(RequestError, match=r"schemas cannot be used: File exists\. Give a folder"):
        registry.export()


# The Lexicon


@dataclass
class Push:
    """Pushes of a registry to a stand-in, on a clock that only waiting moves."""

    registry: Registry
    mixpanel: StandInMixpanel
    seconds: float = 0.0
    progress: list[tuple[int, int]] = field(default_factory=list)
    while_waiting: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.mixpanel.now = lambda: TODAY + timedelta(seconds=self.seconds)
        self.mixpanel.lexicon.is_limited = True

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.while_waiting()

    def __call__(self, deadline: Deadline | None = None, folder: Path | None = None) -> exporting.PushResult:
        clock = lambda: self.seconds  # noqa: E731, a clock
        client = Lexicon(ACCOUNT, Region.US, self.mixpanel.url, self.sleep, Pace(clock))
        with opened(self.registry.engine) as warehouse:
            result = exporting.push(
                warehouse,
                tracking_plan(self.registry.plan),
                client.within(deadline or Deadline()),
                Redactor(),
                folder,
                progress=lambda each: self.progress.append((each.sent, each.due)),
                clock=clock,
            )
        client.close()
        # The next push comes in its own minute.
        self.seconds += 61.0
        return result

    @property
    def posts(self) -> int:
        return sum(call.method == "POST" for call in self.mixpanel.calls)


@pytest.fixture
def push(registry: Registry) -> Iterator[Push]:
    with StandInMixpanel(access=ACCESS) as mixpanel:
        yield Push(registry, mixpanel)


def test_a_push_brings_types_and_descriptions(push: Push) -> None:
    push.registry.plan = PLAN
    push.registry.has("Purchase", amount={"integer": 1, "number": 5, "string": 2}, items="array", none="null")
    assert push() == exporting.PushResult(1, 0, [], 0)
    assert push.mixpanel.lexicon.events == {
        "Purchase": {
            "description": "Somebody paid; ask [redacted]",
            "properties": {
                "amount": {"type": "number", "description": "In euros"},
                "items": {"type": "array"},
                "none": {"type": "null"},
            },
        }
    }


def test_a_second_push_sends_nothing(push: Push) -> None:
    push.registry.plan = PLAN
    for number in range(7):
        push.registry.has(f"E{number}", plan=["free", "pro"], amount="number")
    push.registry.has("Purchase")
    push()
    posts = push.posts
    assert push() == exporting.PushResult(0, 8, [], 0)
    assert push.posts == posts


def test_only_entries_that_differ_are_sent(push: Push) -> None:
    push.registry.has("Signup", plan="string")
    push.registry.has("Purchase", plan="string")
    push()
    push.registry.observe("Purchase", "number", 1, "amount")
    assert push() == exporting.PushResult(1, 1, [], 0)
    assert push.mixpanel.lexicon.writes == [["Purchase", "Signup"], ["Purchase"]]


def test_what_people_wrote_is_kept(push: Push) -> None:
    metadata = {"com.mixpanel": {"tags": ["core"], "hidden": True, "contacts": ["a@b.c"], "displayName": "Kauf"}}
    of_amount = {"com.mixpanel": {"displayName": "Amount", "dropped": False}}
    push.mixpanel.lexicon.write(
        "Purchase",
        {
            "description": "Written by hand",
            "properties": {
                "amount": {"type": "string", "description": "By hand too", "metadata": of_amount},
                "plan": {"type": "string", "metadata": of_amount},
                "theirs": {"type": "boolean", "description": "Not seen yet"},
            },
            "metadata": metadata,
            "additionalProperties": False,
        },
    )
    push.mixpanel.lexicon.write("Not seen", {"description": "Theirs"})
    push.mixpanel.lexicon.write("$user", {"properties": {"plan": {"type": "string"}}}, entity="profile")
    push.registry.plan = PLAN
    push.registry.has("Purchase", amount="number", plan="string", new="string")
    assert push().sent == 1
    assert push.mixpanel.lexicon.events == {
        "Purchase": {
            "description": "Written by hand",
            "properties": {
                "amount": {"type": "number", "description": "By hand too", "metadata": of_amount},
                "plan": {"type": "string", "metadata": of_amount},
                "theirs": {"type": "boolean", "description": "Not seen yet"},
                "new": {"type": "string"},
            },
            "metadata": metadata,
            "additionalProperties": False,
        },
        "Not seen": {"description": "Theirs"},
    }
    assert push.mixpanel.lexicon.truncations == 0
    assert len(push.mixpanel.lexicon.entries) == 3
    assert push().sent == 0


def test_an_empty_description_is_filled(push: Push) -> None:
    push.registry.plan = PLAN
    push.mixpanel.lexicon.write(
        "Purchase", {"description": "", "properties": {"amount": {"type": "number", "description": ""}}}
    )
    push.registry.has("Purchase", amount="number")
    push()
    schema = push.mixpanel.lexicon.events["Purchase"]
    assert schema["description"].startswith("Somebody paid")
    assert schema["properties"]["amount"]["description"] == "In euros"


def test_a_description_that_the_plan_changes_replaces_the_one_that_was_pushed_and_no_other(
    push: Push, tmp_path: Path
) -> None:
    def describe(event: str, amount: str) -> None:
        schema = {"properties": {"amount": {"description": amount}}}
        push.registry.plan = {"events": {"Purchase": {"description": event, "schema": schema}}}

    push.registry.has("Purchase", amount="number")
    describe("One", "In euros")
    push(folder=tmp_path)
    by_hand = {"description": "One", "properties": {"amount": {"type": "number", "description": "By hand"}}}
    push.mixpanel.lexicon.write("Purchase", by_hand)
    describe("Two", "In dollars")
    assert push(folder=tmp_path).sent == 1
    by_hand["description"] = "Two"
    assert push.mixpanel.lexicon.events["Purchase"] == by_hand
    describe("Three", "In pounds")
    assert push(folder=tmp_path / "..").sent == 0
    assert push(folder=None).sent == 0
    assert push(folder=tmp_path).sent == 1
    assert push.mixpanel.lexicon.events["Purchase"] == {**by_hand, "description": "Three"}
    assert push(folder=tmp_path).sent == 0


@pytest.mark.parametrize("content", ["", "[]", '{"sent": {"a": 1}}'])
def test_a_file_of_sent_descriptions_that_is_none_is_refused(push: Push, tmp_path: Path, content: str) -> None:
    push.registry.has("Purchase")
    (tmp_path / SENT).write_text(content)
    with pytest.raises(RequestError, match=r"was not written by a push.*Give another folder"):
        push(folder=tmp_path)
    assert push.mixpanel.calls == []


def test_personal_names_and_those_of_mixpanel_are_not_sent(push: Push) -> None:
    push.registry.has("Mail to ann@example.com")
    push.registry.has("")
    push.registry.has("Call", **{"ann@example.com": "string", "$os": "string", "mp_lib": "string", "own": "string"})
    assert push() == exporting.PushResult(1, 0, [], 2)
    assert push.mixpanel.lexicon.events == {"Call": {"properties": {"own": {"type": "string"}}}}


def test_a_long_push_keeps_to_the_limits_and_reports_its_progress(push: Push) -> None:
    push.registry.has_wide(9)
    assert push().sent == 9
    assert push.progress == [(2, 9), (4, 9), (6, 9), (8, 9), (9, 9)]
    assert {call.status for call in push.mixpanel.calls} == {200}
    assert 120 <= push.seconds <= 240


def test_what_people_write_during_a_long_push_is_kept(push: Push) -> None:
    push.registry.plan = {"events": {"E2": {"description": "Of the plan"}}}
    push.registry.has_wide(3)
    push.mixpanel.lexicon_faults.extend([None, faults.Status(429, retry_after="400")])
    push.while_waiting = lambda: push.mixpanel.lexicon.write("E2", {"description": "Written meanwhile"})
    assert push().sent == 3
    assert push.mixpanel.lexicon.events["E2"]["description"] == "Written meanwhile"


@pytest.mark.parametrize(
    "fault",
    [faults.Status(429, retry_after="3600"), faults.Status(503), faults.ResetBeforeHeader(), faults.Reset(5)],
    ids=["429", "503", "no answer", "reset"],
)
def test_after_a_push_that_failed_the_next_one_brings_the_rest(push: Push, fault: faults.Fault) -> None:
    push.registry.has_wide(6)
    push.mixpanel.lexicon_faults.extend([None, None, *[fault] * 5])
    with pytest.raises((RateLimitError, UnavailableError)):
        push(Deadline.after(1800.0))
    stored = len(push.mixpanel.lexicon.events)
    assert 2 <= stored < 6
    push.mixpanel.lexicon_faults.clear()
    assert push().sent == 6 - stored
    assert len(push.mixpanel.lexicon.events) == 6
    assert push().sent == 0


def test_entries_that_are_too_large_together_are_sent_apart(push: Push) -> None:
    push.mixpanel.behaviour = Behaviour(body_bytes=1500)
    for number in range(16):
        push.registry.has(f"E{number}", **{f"property{index}": "string" for index in range(9)})
    assert push().sent == 16
    assert push().sent == 0


def test_an_entry_that_mixpanel_refuses_is_told_and_keeps_no_other_from_being_sent(push: Push) -> None:
    push.mixpanel.behaviour = Behaviour(body_bytes=1500)
    push.registry.has("Large", **{f"property{index}": "string" for index in range(99)})
    push.registry.has("Small", plan="string")
    result = push()
    assert (result.sent, [outcome.entry.name for outcome in result.refused]) == (1, ["Large"])
    assert "413" in result.refused[0].message
