"""The reference pages name what there is, and their examples are valid."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields

import pytest

from docs.command_line import Command, all_commands
from docs.jobs import room_of_job
from docs.pages import PAGES, blocks, prose, tables, text_of
from mixpanel_data import collect, detect, identity, registry, users
from mixpanel_data.base import errors
from mixpanel_data.base.choices import ChangeKind, EventStatus, PropertyStatus, RuleName
from mixpanel_data.base.parameters import JobRequest
from mixpanel_data.cli import main
from mixpanel_data.configuration.base import Configuration, parsed
from mixpanel_data.configuration.events import Event, EventsConfig
from mixpanel_data.configuration.identity import End, IdentityConfig, Source
from mixpanel_data.configuration.reports.definitions import Funnel
from mixpanel_data.configuration.reports.saved import SavedReports, SavedSegments, check_names
from mixpanel_data.configuration.reports.segments import segments_named_in
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.configuration.tracking_plan import PlannedEvent, TrackingPlan
from mixpanel_data.configuration.user_metrics import UserMetrics
from mixpanel_data.registry import reading
from mixpanel_data.warehouse.tables import TABLES
from mixpanel_data.workspace.workspace import Workspace
from support.imports import LIBRARY, ROOT, arrows_of_rooms

TABLES_OF_EARLIER_VERSIONS = {"job_leases"}
HTTP, CONFIGURATION, REGISTRY = "docs/http.md", "docs/configuration.md", "docs/registry.md"


def named(page: str, *header: str) -> list[str]:
    """The names in the first column of a page's tables with this header; a cell may have several."""
    return [name for row in tables(page, *header) for name in row[0].split(", ")]


# HTTP.


def test_the_answers_have_the_documented_fields() -> None:
    of_jobs = [each.name for job in (collect, detect, identity, users, registry) for each in fields(job.Result)]
    assert sorted(named(HTTP, "field", "meaning")) == sorted(["status", "job", "run_id", "seconds", *of_jobs])


def test_the_requests_have_the_documented_parameters() -> None:
    requests = (collect.Request, detect.Request, identity.Request, users.Request, registry.Request)
    names = {field.alias or name for request in requests for name, field in request.model_fields.items()}
    assert {*named(HTTP, "parameter", "meaning")} == names


def test_the_lists_of_the_registry_have_the_documented_filters() -> None:
    requests: list[type[JobRequest]] = [
        reading.EventsRequest,
        reading.PropertiesRequest,
        reading.ChangesRequest,
        reading.ViolationsRequest,
    ]
    lists = ("/events", "/properties", "/changes", "/violations")
    for name, _, where in tables(HTTP, "filter", "meaning", "for"):
        takes = [path for path, request in zip(lists, requests, strict=True) if _takes(request, name.split(", "))]
        assert where in ("all lists", "all paths") or where.split(", ") == takes, name
        assert where.startswith("all") == (len(takes) == len(lists)), name
    documented = {*named(HTTP, "filter", "meaning", "for")}
    assert documented == {field.alias or name for each in requests for name, field in each.model_fields.items()}


def _takes(request: type[JobRequest], names: list[str]) -> bool:
    return {*names} <= {field.alias or name for name, field in request.model_fields.items()}


def test_the_errors_are_documented_with_their_status_and_exit_code() -> None:
    documented = {
        name: (int(status), int(code))
        for name, status, code, _ in tables(HTTP, "error", "status", "exit code", "what to do")
    }
    base = errors.MixpanelDataError
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, base) and kind != base
    ]
    assert documented == {kind.__name__: (kind.http_status, kind.exit_code) for kind in kinds}


# The command line.


def test_the_commands_have_names_of_their_own() -> None:
    paths = [command.path for command in all_commands()]
    assert len({*paths}) == len(paths) > 8


@pytest.mark.parametrize("command", list(all_commands()), ids=lambda command: command.path)
def test_help_prints_the_options_of_the_page(
    command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    assert main([*command.path.split()[1:], "--help"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    names = {name for each in command.parameters for name in each.names if name.startswith("--")}
    assert {*re.findall(r"(?<![\w-])--[a-z-]+", printed)} >= names | {"--help"}
    for each in command.parameters:
        assert " ".join(each.help.split()).removesuffix(".").split(" At least")[0].split(" From ")[0] in printed


def test_the_exit_codes_are_those_of_the_errors() -> None:
    documented = {int(code) for code, _ in tables("docs/command-line.md", "exit code", "meaning")}
    kinds = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "exit_code")}
    assert documented == kinds | {0, 130, 141}


# Configuration.


def test_the_example_of_an_events_configuration_is_valid() -> None:
    of_events, *_ = blocks("json", pages=(CONFIGURATION,))
    config = parsed(EventsConfig, of_events.text, CONFIGURATION)
    assert "Purchase" in config.selection
    assert "Heartbeat" not in config.selection


def test_the_example_of_user_metrics_is_valid() -> None:
    _, of_users, *_ = blocks("json", pages=(CONFIGURATION,))
    metrics = parsed(UserMetrics, of_users.text, CONFIGURATION)
    assert {*metrics.counters} == {"commits", "lines", "own_sign_offs"}
    assert metrics.sync.postgres is not None
    assert metrics.sync.mixpanel is not None


def test_the_example_of_an_identity_configuration_is_valid() -> None:
    _, _, of_identity, *_ = blocks("json", pages=(CONFIGURATION,))
    config = parsed(IdentityConfig, of_identity.text, CONFIGURATION)
    assert [source.name for source in config.sources] == ["events", "site"]


@pytest.mark.parametrize(
    ("shape", "header"),
    [
        (IdentityConfig, ("option", "default", "meaning")),
        (Source, ("option of a source", "default", "meaning")),
        (End, ("option of an end", "meaning")),
    ],
)
def test_the_keys_of_an_identity_configuration_are_documented_with_their_defaults(
    shape: type[Configuration], header: tuple[str, ...]
) -> None:
    documented = {row[0]: row[1] for row in tables("docs/identity.md", *header)}
    assert documented.keys() == shape.model_fields.keys()
    plain = {name: json.loads(text) for name, text in documented.items() if "default" in header and text}
    defaults = shape.model_construct().model_dump(mode="json")
    assert plain == {name: defaults[name] for name in plain}


@pytest.mark.parametrize("page", [CONFIGURATION, REGISTRY])
def test_the_example_of_a_tracking_plan_is_valid(page: str) -> None:
    (of_plan,) = [block for block in blocks("json", pages=(page,)) if '"owner": "shop"' in block.text]
    plan = parsed(TrackingPlan, of_plan.text, page)
    assert plan.events["Purchase"].owner == "shop"


def test_the_examples_of_named_reports_and_segments_are_valid() -> None:
    *_, of_reports, of_segments = blocks("json", pages=(CONFIGURATION,))
    assert isinstance(parsed(SavedReports, of_reports.text, CONFIGURATION).root["review"], Funnel)
    check_names(parsed(SavedSegments, of_segments.text, CONFIGURATION).root, CONFIGURATION)


def test_the_examples_of_names_are_those_of_the_repository() -> None:
    """The commands of the page use them."""
    for block in blocks("json", pages=("docs/segments.md",)):
        (path,) = re.findall(r'title="(.+)"', block.fence)
        known = json.loads((ROOT / path).read_text(encoding="utf-8"))
        shown = json.loads(block.text)
        assert shown == {name: known[name] for name in shown}


def test_the_named_reports_and_segments_of_the_repository_are_valid() -> None:
    reports = parsed(SavedReports, (ROOT / "config" / "reports.json").read_text(), "reports").root
    segments = parsed(SavedSegments, (ROOT / "config" / "segments.json").read_text(), "segments").root
    check_names(segments, "segments")
    used = [segment for report in reports.values() for segment in report.used_segments]
    assert {name for segment in used for name in segments_named_in(segment)} <= segments.keys()


@pytest.mark.parametrize(
    ("shape", "header"),
    [
        (TrackingPlan, ("entry of the plan", "default", "meaning")),
        (PlannedEvent, ("entry of a planned event", "default", "meaning")),
    ],
)
def test_the_entries_of_a_tracking_plan_are_documented_with_their_defaults(
    shape: type[Configuration], header: tuple[str, ...]
) -> None:
    documented = {row[0]: row[1] for row in tables(REGISTRY, *header)}
    assert documented.keys() == {field.alias or name for name, field in shape.model_fields.items()}
    plain = {name: json.loads(text) for name, text in documented.items() if text}
    defaults = shape.model_construct().model_dump(mode="json", by_alias=True, exclude_defaults=False)
    shown = {name: {} if name in ("naming", "context") else defaults[name] for name in plain}
    assert plain == shown


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (("status", "when"), [*EventStatus, *PropertyStatus]),
        (("kind", "when", "breaking"), ChangeKind),
        (("rule", "an event"), RuleName),
    ],
)
def test_the_verdicts_of_the_registry_are_documented(header: tuple[str, ...], known: Iterable[str]) -> None:
    assert {*named(REGISTRY, *header)} == {*known}


def test_the_keys_of_an_event_are_documented_with_their_defaults() -> None:
    documented = {
        name: default
        for names, default, _ in tables(CONFIGURATION, "key", "default", "meaning")
        for name in names.split(", ")
    }
    shapes = {**EventsConfig.model_fields, **Event.model_fields}
    assert documented.keys() == shapes.keys() - {"events", "schema_of_editors"}
    plain = {name: default for name, default in documented.items() if default and name != "alert_channel"}
    assert {name: json.loads(default) for name, default in plain.items()} == {
        name: list(shapes[name].default) if shapes[name].default == () else shapes[name].default for name in plain
    }


def test_the_entries_of_user_metrics_are_documented() -> None:
    assert {*named(CONFIGURATION, "entry", "meaning")} == UserMetrics.model_fields.keys()


def _schedules() -> list[Mapping[str, object]]:
    document: dict[str, list[Mapping[str, object]]] = json.loads((ROOT / "config" / "schedules.json").read_text())
    return document["schedules"]


def test_the_schedules_are_those_of_the_file() -> None:
    documented = [row[:3] for row in tables(CONFIGURATION, "name", "schedule", "body", "purpose")]
    assert documented == [[each["name"], each["schedule"], json.dumps(each["body"])] for each in _schedules()]


def request_of(function: str) -> type[JobRequest]:
    """The request of a function's job."""
    room = room_of_job(ROOT / "functions" / function / "main.py")
    request: type[JobRequest] = importlib.import_module(f"mixpanel_data.{room}").Request
    return request


@pytest.mark.parametrize("schedule", _schedules(), ids=lambda schedule: str(schedule["name"]))
def test_a_schedule_can_be_created_and_answered(schedule: Mapping[str, object]) -> None:
    required = ["name", "function", "schedule", "time_zone", "body", "attempt_deadline", "retries"]
    assert [key for key in schedule if key != "description"] == required
    assert (ROOT / "functions" / str(schedule["function"]) / "main.py").is_file()
    request_of(str(schedule["function"])).model_validate(schedule["body"])
    assert len(str(schedule["schedule"]).split()) == 5
    assert schedule["retries"] in range(6)
    # Cloud Scheduler waits 15 s to 30 min; an attempt has to outlast the call and its function's timeout.
    seconds = int(str(schedule["attempt_deadline"]).removesuffix("s"))
    assert Settings.from_env({}).call_deadline_seconds + 60 < seconds <= 1800


# Names in the prose.


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_only_tables_that_exist(page: str) -> None:
    named = {*re.findall(r"`((?:event|rejected|job|alert|detector)_[a-z]+s)`", text_of(page))}
    columns = {column.name for table in TABLES.values() for column in table.columns}
    # A method can have the form of such a name, too.
    assert named - TABLES_OF_EARLIER_VERSIONS - columns - set(dir(Workspace)) <= TABLES.keys()


@pytest.mark.parametrize("page", [page for page in PAGES if page != "infra/README.md"])
def test_prose_is_a_sentence_a_line(page: str) -> None:
    assert [line for line in prose(page) if re.search(r"[a-z`)]\. [A-Z]", line)] == []


def test_the_glossary_is_in_alphabetical_order() -> None:
    words = [row[0].lower() for row in tables("GLOSSARY.md", "word", "meaning")]
    assert words == sorted(words)
    assert len({*words}) == len(words)


def test_the_architecture_describes_every_room() -> None:
    jobs = {room for _, room, _ in tables("docs/architecture.md", "function", "room", "purpose")}
    assert {*named("docs/architecture.md", "room", "responsibility")} | jobs == arrows_of_rooms().keys()


@pytest.mark.parametrize("place", [row[1] for row in tables("docs/architecture.md", "change", "place")])
def test_a_change_has_a_place_that_exists(place: str) -> None:
    for path in place.split(", "):
        assert (ROOT / path).exists() or (LIBRARY / path).exists(), path


@pytest.mark.parametrize(
    "message",
    re.findall(r'"([^"\n]+)"', "\n".join(re.findall(r"^### (.*)$", text_of("docs/troubleshooting.md"), re.MULTILINE))),
)
def test_the_messages_of_the_troubleshooting_page_are_those_of_the_code(message: str) -> None:
    """A heading quotes the part of a message that is always the same; a literal may be divided between lines."""
    code = " ".join(path.read_text(encoding="utf-8") for path in sorted(LIBRARY.rglob("*.py")))
    joined = re.sub(r'"\s+f?"', "", code).replace("{status}", "401")
    assert message.replace("403", "401").replace("429", "401") in joined
