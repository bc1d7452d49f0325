"""`mp report`: options, formats, drawings and pages."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import EVENTS, a_project
from cli.shell import MARCH, Mp
from mixpanel_data.cli import main
from support.export_lines import event

DAYS = ("--from", "2024-03-01", "--to", "2024-03-02")
PURCHASES = ("report", "segmentation", "--event", "Purchase", *DAYS)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The value of WAREHOUSE for the events of March; two of them have properties, and two users have e-mails."""
    refunds = (
        event("Refund", "2024-03-02 12:00:00", "ann", "r1", plan="pro", amount=10, email="ann@example.com"),
        event("Refund", "2024-03-02 13:00:00", "bob", "r2", plan="free", amount=9.5, email="bob@example.com"),
    )
    with pytest.MonkeyPatch.context() as patch, a_project(tmp_path_factory.mktemp("march"), patch, EVENTS + refunds):
        assert main(("collect", *MARCH)) == 0
        return os.environ["WAREHOUSE"]


@pytest.fixture
def collected(mp: Mp, warehouse: str, monkeypatch: pytest.MonkeyPatch) -> Mp:
    """The command, over the events of March; all tests share their file, which reports do not change."""
    monkeypatch.setenv("WAREHOUSE", warehouse)
    return mp


def values(done: Any) -> list[int]:
    assert done.code == 0, done.err
    return [row["value"] for row in done.data["parts"][0]["rows"]]


def test_a_report_counts_collected_events(collected: Mp) -> None:
    done = collected(*PURCHASES)
    assert values(done) == [1, 1]
    assert done.data["source"].startswith("mixpanel_events in DuckDB file ")
    assert done.data["definition"]["from_date"] == "2024-03-01"


def test_a_table_has_the_rows_and_a_drawing_below(collected: Mp) -> None:
    out = collected(*PURCHASES, "--format", "table").out
    assert re.search(r"^ +1 +Purchase +2024-03-01 +1 *$", out, re.MULTILINE)
    table, _, drawing = out.partition("\nSegmentation\n")
    assert "█" in drawing
    assert "█" not in table
    assert "\x1b" not in out


@pytest.mark.parametrize("width", [40, 200])
def test_a_drawing_is_as_wide_as_the_terminal(collected: Mp, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    drawing = collected(*PURCHASES, "--format", "table").out.partition("\nSegmentation\n")[2]
    assert max(map(len, drawing.splitlines())) == width


def test_rows_are_csv_or_an_object_a_line(collected: Mp) -> None:
    assert collected(*PURCHASES, "-f", "csv").out.splitlines()[1] == "1,Purchase,,2024-03-01,1"
    first = json.loads(collected(*PURCHASES, "-f", "jsonl").out.splitlines()[0])
    assert (first["event"], first["period"], first["value"]) == ("Purchase", "2024-03-01", 1)


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (("plan=pro",), 1),
        (("plan!=pro",), 1),
        (("amount>=10",), 1),
        (("amount>9.5",), 1),
        (("amount<=10",), 2),
        (("amount<10",), 1),
        (("amount=10",), 1),
        (('amount="10"',), 0),
        (("amount>=9", "amount<10", "plan=free"), 1),
        (("plan=pro", "amount<10"), 0),
        (('[{"plan": "pro"}, {"amount": {"below": 10}}]',), 2),
        (('{"plan": ["pro", "free"]}',), 2),
    ],
)
def test_conditions_are_short_or_json(collected: Mp, condition: tuple[str, ...], found: int) -> None:
    options = [option for each in condition for option in ("--where", each)]
    done = collected("report", "segmentation", "--event", "Refund", *DAYS, "--unit", "month", *options)
    assert values(done) == [found]


@pytest.mark.parametrize(
    "arguments",
    [
        ("active-users",),
        ("frequency", "--unit", "week", "--part", "day"),
        ("funnel", "--step", "Signup", "--step", "Purchase", "--within", "P2D", "--exclude", "Refund"),
        ("retention", "--born", "Signup", "--returned", "Purchase", "--buckets", "1"),
        ("sessions", "--timeout", "PT1H"),
        ("paths", "--anchor", "Signup", "--forward", "1"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_every_report_is_a_command_with_a_drawing_and_a_page(collected: Mp, arguments: tuple[str, ...]) -> None:
    done = collected("report", *arguments, *DAYS, "--format", "table", "--html", "page.html")
    assert done.code == 0, done.err
    assert f"\n{arguments[0].replace('-', ' ').capitalize()}\n" in done.out
    text = Path("page.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert len(text.encode()) < 300_000


BUYERS = '{"did": "Purchase"}'


@pytest.mark.parametrize(
    ("arguments", "title"),
    [
        (("journey", "ann"), "Journey of ann"),
        (("profile", "bob", "--timezone", "Europe/Berlin"), "Profile of bob"),
        (("profiles", "--where", "plan=pro"), "Profiles"),
        (("cohort", BUYERS, *DAYS), "Cohort"),
        (("cohort", BUYERS), "Cohort"),
    ],
)
def test_what_is_asked_about_users_is_a_command_with_a_drawing_and_a_page(
    collected: Mp, arguments: tuple[str, ...], title: str
) -> None:
    done = collected("report", *arguments, "--format", "table", "--html", "page.html")
    assert done.code == 0, done.err
    drawing = done.out.partition(f"\n{title}\n")[2]
    assert drawing
    assert "\x1b" not in done.out
    assert f"<h1>{title}</h1>" in Path("page.html").read_text(encoding="utf-8")


def test_a_journey_has_the_user_s_events_with_their_sessions(collected: Mp) -> None:
    (part,) = collected("report", "journey", "ann").data["parts"]
    assert [(row["event"], row["session"]) for row in part["rows"]] == [("Signup", 1), ("Purchase", 2), ("Refund", 3)]
    drawing = collected("report", "journey", "ann", "-f", "table").out
    assert "Session 3 · 2024-03-02 · 1 event\n12:00:00  Refund    amount=10," in drawing


def test_profiles_are_found_and_exported(collected: Mp) -> None:
    header, *rows = collected("report", "profiles", "-f", "csv").out.splitlines()
    assert header.startswith("user,ids,events,first_seen,last_seen,properties.")
    assert [row.split(",")[0] for row in rows] == ["ann", "bob"]
    for option in (("--where", "plan=free"), ("--email", "bob@example.com"), ("--id", "bob"), ("--where", "amount<10")):
        (line,) = collected("report", "profiles", *option, "-f", "jsonl").out.splitlines()
        assert json.loads(line)["properties"]["plan"] == "free"
    assert collected("report", "profiles", "--id", "bob", "--where", "plan=pro").data["parts"][0]["rows"] == []


def test_a_cohort_has_its_size_by_day_or_its_members(collected: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    assert collected("report", "cohort", BUYERS, *DAYS, "-f", "csv").out.splitlines()[1:] == [
        "2024-03-01,1",
        "2024-03-02,2",
    ]
    assert collected("report", "cohort", BUYERS, "-f", "csv").out.splitlines() == ["user", "ann", "bob"]
    early = collected("report", "cohort", BUYERS, "--as-of", "2024-03-02T10:00:00Z", "-f", "csv")
    assert early.out.splitlines() == ["user", "ann"]
    monkeypatch.setenv("SEGMENTS_CONFIG", f'{{"buyers": {BUYERS}}}')
    monkeypatch.setenv("REPORTS_CONFIG", '{"size": {"report": "cohort", "segment": "buyers", "unit": "month"}}')
    done = collected("report", "run", "size", *DAYS)
    assert [row["size"] for row in done.data["parts"][0]["rows"]] == [2]
    assert list(done.data["segments"]) == ["buyers"]


@pytest.mark.parametrize("name", ["journey", "profile", "profiles", "cohort"])
def test_what_means_nothing_to_a_report_is_no_option_of_it(mp: Mp, name: str) -> None:
    options = mp("report", name, "--help").out
    assert "--timezone" in options
    assert not {"--compare", "--segments", "--on"} & set(options.split())
    assert ("--from" in options) is (name == "cohort")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("journey", "anna"), 4, "has the id 'anna'. Correct it; `mp report profiles` finds users."),
        (("profile", "anna"), 4, "has the id 'anna'"),
        (("profiles", "--where", "{}"), 3, "--where is '{}', which tests nothing."),
        (("profiles", "--where", "[]"), 3, "--where is '[]', which tests nothing."),
        (("cohort",), 3, "SEGMENT|JSON is missing"),
        (("cohort", '{"done": "Purchase"}'), 3, "give one of all, any, not, did"),
        (("cohort", '{"did": "Purchas"}'), 4, "did of SEGMENT|JSON is 'Purchas', and no event has this name."),
        (("cohort", BUYERS, "--from", "2024-03-01"), 3, "--to is missing"),
        (("cohort", BUYERS, "--to", "2024-03-01"), 3, "--from is missing"),
        (("segmentation", *DAYS), 3, "--event is missing: add it."),
        (("segmentation", "--event", "Purchase", "--from", "2024-03-01"), 3, "--to is missing"),
        (("segmentation", "--event", "Purchas", *DAYS), 4, "Nearest: 'Purchase'."),
        (("segmentation", "--event", "Purchase", "--where", "plan", *DAYS), 3, "--where is 'plan'."),
        ((*PURCHASES[1:], "--where", 'properties["plan"] == "pro"'), 3, "Give a condition such as plan=pro, or JSON."),
        ((*PURCHASES[1:], "--where", "plan==pro"), 3, "Give a condition such as plan=pro, or JSON."),
        ((*PURCHASES[1:], "--where", "plan !== 'a b'"), 3, "such as 'plan!=a b', or JSON."),
        ((*PURCHASES[1:], "--where", 'properties["n"] == "10" and true'), 3, """such as 'n="10"', or JSON."""),
        ((*PURCHASES[1:], "--where", 'number(properties["n"]) >= 3'), 3, "such as 'n>=3', or JSON."),
        ((*PURCHASES[1:], "--where", 'defined(properties["n"])'), 3, "such as n=VALUE, or JSON."),
        (("retention", "--born-where", 'user["plan"]=="a"', *DAYS), 3, '--born-where is \'user["plan"]=="a"\''),
        (("profiles", "--where", "plan==pro"), 3, "such as plan=pro, or JSON."),
        ((*PURCHASES[1:], "--on", 'properties["plan"]'), 3, "Give the name of the property: plan."),
        ((*PURCHASES[1:], "--on", "properties.plan"), 3, "Give the name of the property: plan."),
        ((*PURCHASES[1:], "--measure", "sum", "--property", 'number(properties["n"])'), 3, "--property is"),
        (("funnel", *("--step", "Purchase") * 2, "--hold", "properties['n']", *DAYS), 3, "name of the property: n."),
        (("retention", "--on", 'properties["n"]', *DAYS), 3, "--on is 'properties[\"n\"]'"),
        (("segmentation", "--event", "{", *DAYS), 3, "--event is '{', which is not valid JSON"),
        (("segmentation", "--event", "Purchase", "--timezone", "Mars", *DAYS), 3, "--timezone is"),
        (("segmentation", "--event", "Purchase", "--table", "others", *DAYS), 4, "'others'"),
        (("segmentation", "--event", "Purchase", "--segment", "x", *DAYS), 3, "config/segments.json does not exist."),
        (("segmentation", "--event", "Purchase", "--html", "no/page.html", *DAYS), 3, "--html is 'no/page.html'"),
        (("funnel", "--step", "Purchase", *DAYS), 3, "--step is"),
        (("run", "x", *DAYS), 3, "config/reports.json does not exist."),
    ],
)
def test_what_is_wrong_is_named(collected: Mp, arguments: tuple[str, ...], code: int, message: str) -> None:
    done = collected("report", *arguments)
    assert done.code == code
    assert message in done.failure["error"]["message"]


def test_a_named_report_runs_with_options_in_place_of_its_fields(
    collected: Mp, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = {"sales": {"report": "segmentation", "events": ["Purchase"], "to_date": "2024-03-01"}}
    monkeypatch.setenv("REPORTS_CONFIG", json.dumps(saved))
    assert values(collected("report", "run", "sales", "--from", "2024-03-01")) == [1]
    assert values(collected("report", "run", "sales", *DAYS)) == [1, 1]


def test_a_definition_comes_from_a_file(collected: Mp) -> None:
    Path("asked.json").write_text('{"events": ["Purchase"], "from_date": "2024-03-01", "to_date": "2024-03-31"}')
    asked = ("report", "segmentation", "--json-definition", "asked.json", "--unit", "month")
    assert values(collected(*asked)) == [3]
    assert values(collected(*asked, "--event", "Signup")) == [1]


def test_a_period_to_compare_with_is_the_one_before_or_named(collected: Mp) -> None:
    asked = ("report", "segmentation", "--event", "Purchase", "--from", "2024-03-02", "--to", "2024-03-02")
    parts = collected(*asked, "--compare", "previous").data["parts"]
    assert [part["from_date"] for part in parts] == ["2024-03-02", "2024-03-01"]
    parts = collected(*asked, "--compare", "2024-03-10..2024-03-20").data["parts"]
    assert [part["to_date"] for part in parts] == ["2024-03-02", "2024-03-20"]


def test_named_segments_are_listed_and_shown(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGMENTS_CONFIG", '{"b": {"not": "a"}, "a": {"did": ["Purchase"]}}')
    listed = mp("segments", "list").data
    assert [each["name"] for each in listed] == ["a", "b"]
    shown = mp("segments", "show", "b").data
    assert (shown["definition"], shown["version"]) == ({"not": {"segment": "a"}}, listed[1]["version"])
    assert mp("segments", "show", "c").code == 4


def test_zero_is_a_value_of_an_option(collected: Mp) -> None:
    Path("asked.json").write_text(json.dumps({"report": "retention", "buckets": 3}))
    done = collected("report", "retention", "--json-definition", "asked.json", "--buckets", "0", *DAYS)
    assert done.data["definition"]["buckets"] == 0
    assert {row["bucket"] for row in done.data["parts"][0]["rows"]} == {0}


@pytest.mark.parametrize(
    ("report", "options"),
    [
        ("segmentation", ("--where", "plan=pro")),
        ("active-users", ("--where", "plan=pro")),
        ("retention", ("--born-where", "plan=pro")),
    ],
)
def test_a_condition_needs_the_events_that_it_is_for(collected: Mp, report: str, options: tuple[str, ...]) -> None:
    Path("asked.json").write_text(json.dumps({"events": ["Refund"]} if report == "segmentation" else {}))
    done = collected("report", report, "--json-definition", "asked.json", *options, *DAYS)
    assert done.code == 3
    assert f"{options[0]} is for events that options name" in done.failure["error"]["message"]
