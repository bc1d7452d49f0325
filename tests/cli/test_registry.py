"""`mp registry` brings the registry up to date, and shows what it knows."""

import csv
import errno
import io
import json
import re
import shlex
from pathlib import Path

import pytest

from cli.shell import MARCH, Mp
from mixpanel_data.base.redaction import REDACTED
from mixpanel_data_standins.mixpanel import StandInMixpanel
from support.engines import DuckDB
from support.export_lines import event
from support.registry_rows import add

pytestmark = pytest.mark.sequences

ANN = "ann@example.com"
PLAN = {"events": {"Purchase": {"owner": "shop", "schema": {"properties": {"amount": {"type": "number"}}}}}}


@pytest.fixture(autouse=True)
def _collected(mp: Mp, mixpanel: StandInMixpanel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The events of March are in the warehouse, two of them with properties, and a plan for one name."""
    monkeypatch.setenv("TRACKING_PLAN", json.dumps(PLAN))
    mixpanel.add(
        [
            event("Purchase", "2024-03-21 10:00:00", "eve", "m5", amount="12", note=f"for {ANN}"),
            event(f"Mail {ANN}", "2024-03-22 10:00:00", "eve", "m6", plan="pro"),
        ]
    )
    assert mp("collect", *MARCH).code == 0


@pytest.fixture
def updated(mp: Mp) -> None:
    """The registry is up to date."""
    done = mp("registry", "update")
    assert done.code == 0, done.err


def known() -> DuckDB:
    """The warehouse, to put rows into."""
    engine = DuckDB(Path())
    engine.path = Path("events.duckdb")
    return engine


# Update


def test_the_registry_is_updated_and_the_answer_is_on_stdout(mp: Mp) -> None:
    done = mp("registry", "update")
    assert done.code == 0, done.err
    assert (done.data["status"], done.data["job"]) == ("ok", "registry-updater")
    assert [done.data[name] for name in ("events", "pending", "retracted")] == [3, 0, 0]
    assert "observed" in done.err
    again = mp("registry", "update", "--full", "--quiet")
    assert (again.code, again.data["events"], again.data["changes"], again.err) == (0, 3, [], "")


def test_a_table_of_an_update_sums_it_up(mp: Mp) -> None:
    done = mp("registry", "update", "--at", "2024-03-22", "--format", "table")
    assert done.code == 0, done.err
    assert re.search(r"3 events, [\d,]+ properties, [\d,]+ violations, 0 pending; 0 new changes, 0 retracted", done.err)


def test_a_day_that_is_none_is_refused(mp: Mp) -> None:
    done = mp("registry", "update", "--at", "soon")
    assert (done.code, done.out) == (3, "")
    assert "2026-01-31" in done.err


def test_a_wrong_plan_is_refused(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKING_PLAN", '{"events": {"A": {"status": "gone"}}}')
    done = mp("registry", "update")
    assert done.code == 3
    assert "events.A.status" in done.err


# Lists


@pytest.mark.usefixtures("updated")
def test_events_are_listed_in_every_format(mp: Mp) -> None:
    names = [f"Mail {REDACTED}", "Purchase", "Signup"]
    found = mp("registry", "events")
    assert found.code == 0, found.err
    assert [each["event_name"] for each in found.data["items"]] == names
    assert found.data["next"] is None
    lines = mp("registry", "events", "--format", "jsonl").out.splitlines()
    assert [json.loads(line)["event_name"] for line in lines] == names
    rows = list(csv.DictReader(io.StringIO(mp("registry", "events", "--format", "csv").out)))
    assert [row["event_name"] for row in rows] == names
    table = mp("registry", "events", "--format", "table").out
    assert all(name in table for name in (*names, "owner", "shop"))


@pytest.mark.usefixtures("updated")
def test_a_list_says_how_to_go_on(mp: Mp) -> None:
    first = mp("registry", "events", "--limit", "1")
    assert f"add --after={first.data['next']}." in first.err
    second = mp("registry", "events", "--limit", "1", f"--after={first.data['next']}")
    assert [each["event_name"] for each in second.data["items"]] == ["Purchase"]


@pytest.mark.usefixtures("updated")
@pytest.mark.parametrize("name", ["it's $HOME", "-x", 'a "b" \\n'])
def test_what_a_list_says_can_be_pasted_into_a_shell(mp: Mp, name: str) -> None:
    add(known(), "event_registry", {"event_name": name}, {"event_name": "z"})
    before = mp("registry", "events").data["items"]
    place = [each["event_name"] for each in before].index(name)
    said = mp("registry", "events", "--limit", str(place + 1)).err
    (option,) = re.findall(r"add (--after=.*)\.$", said, re.MULTILINE)
    after = mp("registry", "events", *shlex.split(option))
    assert [*before[: place + 1], *after.data["items"]] == before


@pytest.mark.usefixtures("updated")
def test_lists_are_filtered(mp: Mp) -> None:
    of_status = mp("registry", "events", "--status", "unexpected", "--status", "dormant").data["items"]
    assert [each["event_name"] for each in of_status] == [f"Mail {REDACTED}", "Signup"]
    of_event = mp("registry", "properties", "--event", "Purchase", "--property", "amount").data["items"]
    assert [each["property"] for each in of_event] == ["amount"]
    broken = mp("registry", "violations", "--rule", "type", "--from", "2024-03-21").data["items"]
    assert [(each["event_name"], each["property"], each["events"]) for each in broken] == [("Purchase", "amount", 1)]
    none = mp("registry", "violations", "--to", "2024-03-01", "--format", "table")
    assert (none.code, none.out, none.err) == (0, "", "Nothing found.\n")


@pytest.mark.usefixtures("updated")
def test_changes_are_listed_and_retracted_ones_on_request(mp: Mp) -> None:
    add(
        known(),
        "schema_changes",
        {"event_name": "Purchase", "property": "amount", "evidence": {"event_ids": ["e1"]}},
        {"event_name": "Signup", "property": None, "kind": "came_back", "retracted_at": "2024-04-01 00:00:00+00"},
    )
    held = mp("registry", "changes", "--kind", "type_changed").data["items"]
    assert [(each["event_name"], each["evidence"]) for each in held] == [("Purchase", {"event_ids": ["e1"]})]
    retracted = mp("registry", "changes", "--status", "retracted").data["items"]
    assert [each["event_name"] for each in retracted] == ["Signup"]


def test_a_wrong_filter_is_refused(mp: Mp) -> None:
    assert mp("registry", "events", "--status", "gone").code == 3
    assert mp("registry", "events", "--limit", "0").code == 3
    done = mp("registry", "changes", "--from", "soon")
    assert (done.code, "ISO 8601" in done.err) == (3, True)


# One event


@pytest.mark.usefixtures("updated")
def test_an_event_is_shown_with_its_properties(mp: Mp) -> None:
    found = mp("registry", "event", "Purchase")
    assert found.code == 0, found.err
    assert found.data["event"]["owner"] == "shop"
    assert {"amount", "note"} <= {each["property"] for each in found.data["properties"]}
    assert [each["rule"] for each in found.data["violations"]] == ["type"]
    table = mp("registry", "event", "Purchase", "--format", "table")
    assert all(word in table.out for word in ("shop", "amount", "null_share", "expected"))
    assert "violations:" in table.err
    lines = [json.loads(line) for line in mp("registry", "event", "Purchase", "--format", "jsonl").out.splitlines()]
    assert {line["event_name"] for line in lines} == {"Purchase"}


@pytest.mark.usefixtures("updated")
def test_an_unknown_event_is_not_found(mp: Mp) -> None:
    done = mp("registry", "event", "Purchaze")
    assert (done.code, done.out) == (4, "")
    assert "no event 'Purchaze'" in done.err


def test_without_tables_nothing_is_made(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAREHOUSE", "duckdb:///none.duckdb")
    for arguments in (["events"], ["event", "A"], ["inspect", "A"], ["rejected"], ["plan"]):
        assert mp("registry", *arguments).code == 4
    assert not Path("none.duckdb").exists()


# Payloads


def test_the_newest_payloads_are_shown_with_what_breaks_the_plan(mp: Mp) -> None:
    found = mp("registry", "inspect", "Purchase", "--last", "2")
    assert found.code == 0, found.err
    newest, before = found.data
    assert newest["properties"]["note"] == f"for {REDACTED}"
    assert [(each["rule"], each["property"], each["expected"]) for each in newest["violations"]] == [
        ("type", "amount", "number")
    ]
    assert (before["event_timestamp"], before["violations"]) == ("2024-03-20T12:00:00Z", [])
    table = mp("registry", "inspect", "Purchase", "--last", "1", "--format", "table").out
    (line,) = [line for line in table.splitlines() if line.startswith("amount ")]
    assert "✗ type (expected number)" in line
    assert mp("registry", "inspect", "Purchaze").code == 4


def test_payloads_are_followed_until_an_interrupt(
    mp: Mp, mixpanel: StandInMixpanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def arrives() -> None:
        mixpanel.add([event("Signup", "2024-04-02 10:00:00", "new", "m7")])
        assert mp("collect", "--from", "2024-04-01", "--to", "2024-05-01").code == 0

    def nothing_arrives() -> None:
        pass

    looks = iter([nothing_arrives, arrives, nothing_arrives])

    def wait(_seconds: float) -> None:
        look = next(looks, None)
        if look is None:
            raise KeyboardInterrupt
        look()

    monkeypatch.setattr("mixpanel_data.cli.commands.registry.time.sleep", wait)
    done = mp("registry", "inspect", "Signup", "--follow", "--format", "jsonl")
    assert done.code == 130
    # What was printed before the other command ran is its own.
    assert [json.loads(line)["distinct_id"] for line in done.out.splitlines()] == ["new"]


def test_a_pattern_is_shown_as_the_plan_has_it(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = {"events": {"Purchase": {"schema": {"properties": {"note": {"pattern": "a  b"}}}}}}
    monkeypatch.setenv("TRACKING_PLAN", json.dumps(plan))
    assert "✗ pattern (expected a  b)" in mp("registry", "inspect", "Purchase", "--format", "table").out


# Rejected lines


def test_rejected_lines_are_listed_without_personal_data(mp: Mp) -> None:
    row = {
        "line_id": "l1",
        "first_rejected_at": "2040-03-15 10:00:00+00",
        "run_id": "r",
        "reason": "has no time",
        "line": json.dumps({"event": "A", "properties": {"$email": ANN, "x": f"{'y' * 300} {ANN}"}}),
    }
    empty = mp("registry", "rejected")
    assert (empty.code, empty.data, empty.err) == (0, [], "No line was rejected.\n")
    add(known(), "rejected_events", row)
    (found,) = mp("registry", "rejected").data
    assert (found["reason"], "@" in found["line"], "y" * 300 in found["line"]) == ("has no time", False, True)
    assert "y" * 300 not in mp("registry", "rejected", "--format", "table").out


# Plan and export


@pytest.mark.usefixtures("updated")
def test_a_drafted_plan_is_one_that_the_registry_takes(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    drafted = mp("registry", "plan", "--format", "table")
    assert drafted.code == 0, drafted.err
    assert [*drafted.data["events"]] == ["Purchase", "Signup"]
    written = mp("registry", "plan", "--to", "plan.json")
    assert (written.code, written.out) == (0, "")
    assert json.loads(Path("plan.json").read_text()) == drafted.data
    refused = mp("registry", "plan", "--to", "plan.json")
    assert (refused.code, "exists" in refused.err) == (3, True)
    assert mp("registry", "plan", "--to", "none/plan.json").code == 3
    monkeypatch.setenv("TRACKING_PLAN", drafted.out)
    assert mp("registry", "update").code == 0


@pytest.mark.usefixtures("updated")
def test_a_plan_that_the_disk_has_no_room_for_leaves_no_file(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_half(path: Path, text: str, **_options: object) -> None:
        path.write_bytes(text[: len(text) // 2].encode())
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(Path, "write_text", write_half)
        refused = mp("registry", "plan", "--to", "plan.json")
    assert (refused.code, "No space left on device" in refused.err) == (3, True)
    assert mp("registry", "plan", "--to", "plan.json").code == 0


@pytest.mark.usefixtures("updated")
def test_likely_typos_are_told_apart_from_the_plan(mp: Mp) -> None:
    add(known(), "event_registry", {"event_name": "Purchaze", "status": "likely_typo", "similar_to": "Purchase"})
    drafted = mp("registry", "plan")
    assert "Purchaze" not in drafted.out
    assert "likely typo of 'Purchase': 'Purchaze' (10 events)" in drafted.err


@pytest.mark.usefixtures("updated")
def test_schemas_are_exported_and_a_repeat_writes_none(mp: Mp) -> None:
    first = mp("registry", "export", "--to", "schemas")
    assert first.code == 0, first.err
    assert (first.data["events"], first.data["written"]) == (3, 3)
    assert ANN not in "".join(f"{path.name} {path.read_text()}" for path in Path("schemas").iterdir())
    again = mp("registry", "export", "--to", "schemas", "--format", "table")
    assert (again.code, mp("registry", "export", "--to", "schemas").data["written"]) == (0, 0)


@pytest.mark.usefixtures("updated")
def test_a_push_says_how_far_it_is(mp: Mp) -> None:
    done = mp("registry", "export", "--to", "schemas", "--push")
    assert done.code == 0, done.err
    assert done.data["pushed"] == {"sent": 2, "unchanged": 0, "refused": [], "unnamed": 1}
    assert "sent 2 of 2 schemas" in done.err


@pytest.mark.usefixtures("updated")
def test_a_push_without_a_service_account_is_refused_before_anything_is_written(
    mp: Mp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MIXPANEL_SERVICE_ACCOUNT", raising=False)
    monkeypatch.delenv("MIXPANEL_SERVICE_ACCOUNT_SECRET", raising=False)
    done = mp("registry", "export", "--to", "schemas", "--push")
    assert done.code == 2, done.err
    assert not Path("schemas").exists()
