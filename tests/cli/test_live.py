"""The commands over Mixpanel's own counts: their numbers, their formats, and what they do when Mixpanel refuses."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.shell import Mp, ended, started
from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.mixpanel.faults import Status
from mixpanel_data_standins.mixpanel.querying.state.saved import Bookmark, Funnel, Step
from support.export_lines import event

MARCH = ("--from", "2024-03-01", "--to", "2024-03-20")
PURCHASES = ("segmentation", "--event", "Purchase")
SCRIPT = 'function main() { return Events({from_date: "2024-03-01", to_date: "2024-03-20"}); }'
NAMES = """function main() {
  return Events({from_date: params.first, to_date: params.last}).groupBy(["name"], mixpanel.reducer.count());
}"""


@pytest.fixture(autouse=True)
def priced(mixpanel: StandInMixpanel) -> None:
    """A purchase with properties, and a saved funnel."""
    mixpanel.add(event("Purchase", "2024-03-03 10:00:00", "ann", "p1", amount=20, plan="pro"))
    mixpanel.queries.funnels = (Funnel(77, "Buyers", (Step("Signup"), Step("Purchase"))),)
    mixpanel.queries.bookmarks = (Bookmark(9, ("Purchase",)),)


def test_an_event_is_counted_on_both_of_the_days(mp: Mp) -> None:
    days = ("--from", "2024-03-01", "--to", "2024-03-02")
    found = mp(*PURCHASES, *days).data
    assert (found["total"], found["from_date"], found["to_date"], found["unit"]) == (2, *days[1::2], "day")
    assert found["series"] == {"Purchase": {"2024-03-01": 1, "2024-03-02": 1}}


def test_rows_are_printed_where_a_table_is_asked_for(mp: Mp) -> None:
    days = ("--from", "2024-03-03", "--to", "2024-03-03")
    assert mp(*PURCHASES, *days, "--on", "plan", "-f", "csv").out == "date,segment,count\n2024-03-03,pro,1\n"
    (row,) = map(json.loads, mp(*PURCHASES, *days, "--on", "plan", "-f", "jsonl").out.splitlines())
    assert row == {"date": "2024-03-03", "segment": "pro", "count": 1}
    assert "segment" in mp(*PURCHASES, *days, "--on", "plan", "-f", "table").out


def test_a_condition_and_a_unit_are_passed_on(mp: Mp) -> None:
    found = mp(*PURCHASES, *MARCH, "--where", 'properties["plan"] == "pro"', "--unit", "month").data
    assert found["series"] == {"Purchase": {"2024-03-01": 1}}


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [("segmentation-sum", "sum", "20"), ("segmentation-average", "average", "20"), ("segmentation-numeric", "", "1")],
)
def test_a_number_is_added_up_averaged_or_put_into_ranges(mp: Mp, name: str, column: str, value: str) -> None:
    days = ("--from", "2024-03-03", "--to", "2024-03-03")
    header, row = mp(name, "--event", "Purchase", *days, "--on", "amount", "-f", "csv").out.splitlines()
    assert header == (f"date,{column}" if column else "date,bucket,count")
    assert float(row.split(",")[-1]) == float(value)


def test_several_events_are_counted_with_one_query(mp: Mp, mixpanel: StandInMixpanel) -> None:
    names = ("--event", "Signup", "--event", "Purchase")
    found = mp("event-counts", *names, *MARCH, "--type", "unique", "--unit", "month").data
    assert found["series"] == {"Signup": {"2024-03-01": 1}, "Purchase": {"2024-03-01": 2}}
    assert mixpanel.queries.gate.counted == 1


def test_an_event_is_counted_by_the_values_of_a_property(mp: Mp) -> None:
    query = ("property-counts", "--event", "Purchase", "--property", "plan", *MARCH, "--unit", "month")
    assert mp(*query, "--value", "pro").data["series"] == {"pro": {"2024-03-01": 1}}
    assert mp(*query, "--value", "none").data["series"].get("pro") is None


def test_a_funnel_has_its_name_and_its_steps(mp: Mp) -> None:
    found = mp("funnel", "77", *MARCH).data
    assert (found["funnel_name"], [step["count"] for step in found["steps"]]) == ("Buyers", [1, 1])
    header = mp("funnel", "77", *MARCH, "--on", "plan", "--unit", "week", "-f", "csv").out.splitlines()[0]
    assert header == "step,event,count,conversion_rate,segment"


def test_retention_has_a_column_for_each_period(mp: Mp) -> None:
    born = ("retention", "--born", "Signup", "--return", "Purchase", "--from", "2024-03-01", "--to", "2024-03-01")
    header, row = mp(*born, "--intervals", "2", "-f", "csv").out.splitlines()
    assert header == "cohort_date,cohort_size,period_0,period_1,period_2"
    assert row.startswith("2024-03-01,1,1.0,")
    assert mp(*born, "--return-where", 'properties["plan"] == "none"').data["cohorts"][0]["retention"][0] == 0.0
    assert mp(*born, "--born-where", 'properties["plan"] == "none"').data["cohorts"][0]["size"] == 0


def test_frequency_counts_the_users_by_the_days_on_which_they_came(mp: Mp) -> None:
    week = ("--from", "2024-03-01", "--to", "2024-03-03", "--unit", "week", "--addiction-unit", "day")
    found = mp("frequency", *week, "--event", "Purchase").data
    assert (found["event"], found["addiction_unit"]) == ("Purchase", "day")
    assert max(found["data"].values())[:2] == [2, 1]


def test_a_saved_report_is_shown_by_its_id(mp: Mp) -> None:
    assert mp("insights", "9").data["bookmark_id"] == 9


def test_the_events_of_users_have_times_in_utc(mp: Mp) -> None:
    found = mp("activity-feed", "ann", "bob", *MARCH).data
    assert [each["event"] for each in found["events"]] == ["Signup", *["Purchase"] * 4]
    first = mp("activity-feed", "ann", "-f", "jsonl").out.splitlines()[0]
    assert json.loads(first)["time"] == "2024-03-01T09:00:00Z"


def test_a_script_comes_from_a_file_from_stdin_or_from_the_command_line(
    mp: Mp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "names.js").write_text(NAMES, encoding="utf-8")
    params = ("--param", "first=2024-03-01", "--param", "last=2024-03-20")
    expected = "key_0,value\nSignup,1\nPurchase,4\n"
    assert mp("jql", "names.js", *params, "-f", "csv").out == expected
    assert mp("jql", "--code", NAMES, *params, "-f", "csv").out == expected
    monkeypatch.setattr("sys.stdin", io.StringIO(NAMES))
    assert mp("jql", "-", *params, "-f", "csv").out == expected


def test_parameters_of_a_script_are_json_where_they_can_be(mp: Mp) -> None:
    given = ("a=1", 'b={"c": [true]}', "d=x=y", "e=", 'f="7"', "g=NaN")
    script = "function main() { return [1].map(function (_) { return params; }); }"
    options = [part for each in given for part in ("--param", each)]
    assert mp("jql", "--code", script, *options).data == {
        "raw": [{"a": 1, "b": {"c": [True]}, "d": "x=y", "e": "", "f": "7", "g": "NaN"}]
    }


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("segmentation", *MARCH), "--event"),
        (("segmentation", "--event", "Purchase", "--from", "2024-03-01"), "--to"),
        ((*PURCHASES, "--from", "2024-02-30", "--to", "2024-03-01"), "2024-02-30"),
        ((*PURCHASES, "--from", "2024-03-02", "--to", "2024-03-01"), "Swap"),
        ((*PURCHASES, *MARCH, "--unit", "year"), "--unit"),
        ((*PURCHASES, *MARCH, "--unit", "week"), "'minute', 'hour', 'day', 'month'"),
        ((*PURCHASES, *MARCH, "--on", ""), "on is"),
        (("segmentation-sum", "--event", "Purchase", *MARCH), "--on"),
        (("event-counts", *MARCH), "--event"),
        (("funnel", "x", *MARCH), "ID"),
        (("funnel", "0", *MARCH), "ID"),
        (("retention", "--born", "A", "--return", "B", *MARCH, "--interval", "2", "--unit", "week"), "interval"),
        (("activity-feed",), "ID"),
        (("jql",), "--code"),
        (("jql", "x.js", "--code", "y"), "--code"),
        (("jql", "missing.js"), "missing.js"),
        (("jql", "--code", ""), "script"),
        (("jql", "--code", SCRIPT, "--param", "x"), "NAME=VALUE"),
        (("jql", "--code", SCRIPT, "--param", "a=1", "--param", "a=2"), "twice"),
    ],
)
def test_a_wrong_argument_is_named_before_mixpanel_is_asked(
    mp: Mp, mixpanel: StandInMixpanel, arguments: tuple[str, ...], named: str
) -> None:
    found = mp(*arguments)
    assert (found.code, found.out) == (3, "")
    assert named in found.err
    assert mixpanel.queries.gate.counted == 0


def test_a_plan_without_queries_says_that_exports_still_work(mp: Mp, mixpanel: StandInMixpanel) -> None:
    mixpanel.queries.allows_queries = False
    refused = mp(*PURCHASES, *MARCH)
    assert (refused.code, refused.out) == (1, "")
    assert "402" in refused.err
    assert "Exports still work" in refused.err
    assert ".." not in refused.err


def test_an_hour_that_is_used_up_is_not_slept_for(mp: Mp, mixpanel: StandInMixpanel) -> None:
    mixpanel.queries.faults.permanent = Status(429, retry_after="3600")
    refused = mp(*PURCHASES, *MARCH)
    assert refused.code == 5
    moment = datetime.strptime(refused.err.split("Try again from ")[1].split(".")[0], "%Y-%m-%dT%H:%M:%SZ")
    assert 3500 < (moment.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds() <= 3601
    assert len(asked(mixpanel)) == 1


def test_with_wait_a_query_is_tried_again_when_the_quota_allows_it(mp: Mp, mixpanel: StandInMixpanel) -> None:
    mixpanel.queries.faults.append(Status(429, retry_after="1"))
    found = mp(*PURCHASES, *MARCH, "--wait")
    assert (found.code, found.data["total"]) == (0, 4)
    assert "waiting" in found.err
    assert len(asked(mixpanel)) == 2


def test_a_query_beyond_the_hours_quota_is_not_sent(
    mp: Mp, mixpanel: StandInMixpanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIXPANEL_QUERIES_PER_HOUR", "2")
    assert [mp("funnels").code for _ in range(3)] == [0, 0, 5]
    assert "Nothing was sent" in mp("funnels").err
    assert len(asked(mixpanel)) == 2


@pytest.mark.sequences
def test_the_61st_query_of_an_hour_is_not_sent(mp: Mp, mixpanel: StandInMixpanel) -> None:
    assert {mp("funnels").code for _ in range(60)} == {0}
    assert mp("funnels").code == 5
    assert len(asked(mixpanel)) == 60


def test_the_error_of_a_script_is_shown_with_its_line(mp: Mp) -> None:
    failed = mp("jql", "--code", "function main() {\n  return nothing.at.all;\n}")
    assert failed.code == 1
    assert "in line 2" in failed.err
    assert "nothing" in failed.err


@pytest.mark.parametrize("status", [404, 410])
def test_jql_that_is_gone_says_what_to_use_instead(mp: Mp, mixpanel: StandInMixpanel, status: int) -> None:
    mixpanel.queries.gone = {"jql": status}
    gone = mp("jql", "--code", SCRIPT)
    assert gone.code == 1
    assert "JQL is gone" in gone.err
    assert "mp sql" in gone.err


def test_days_beyond_the_plan_say_to_fetch_them(mp: Mp, mixpanel: StandInMixpanel) -> None:
    mixpanel.queries.history_days = 90
    refused = mp(*PURCHASES, *MARCH)
    assert (refused.code, "mp fetch events" in refused.err) == (1, True)


def test_a_funnel_that_nobody_saved_is_an_error_that_names_it(mp: Mp) -> None:
    refused = mp("funnel", "78", *MARCH)
    assert (refused.code, refused.out) == (4, "")
    assert "ID 78 does not exist" in refused.err
    assert "`mp funnels` lists" in refused.err


def test_a_refused_secret_is_an_error_that_does_not_show_it(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXPANEL_SERVICE_ACCOUNT_SECRET", "not-the-secret")
    refused = mp(*PURCHASES, *MARCH, "--verbose")
    assert refused.code == 2
    assert "not-the-secret" not in refused.err


@pytest.mark.usefixtures("mixpanel")
def test_the_help_of_mp_loads_no_client_and_names_every_command() -> None:
    shown = ended(started("--help"))
    assert shown.code == 0
    for name in ("events", "segmentation-sum", "funnel", "retention", "frequency", "insights", "activity-feed", "jql"):
        assert f" {name} " in shown.out


def asked(mixpanel: StandInMixpanel) -> list[str]:
    """The paths of the requests so far."""
    return [call.path for call in mixpanel.calls]
