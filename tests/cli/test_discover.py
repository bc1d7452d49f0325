"""`mp events`, `mp properties`, `mp values` and the lists of what people saved, at the stand-in."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from cli.shell import Mp
from mixpanel_data_standins.mixpanel import StandInMixpanel
from mixpanel_data_standins.mixpanel.querying.state.saved import Annotation, Cohort, Funnel, Step
from support.export_lines import event


@pytest.fixture
def recent(mixpanel: StandInMixpanel) -> None:
    """Mixpanel lists the names of the last month only."""
    now = datetime.now(UTC)
    # An hour ago, but not yesterday.
    at = f"{max(now - timedelta(hours=1), now.replace(hour=0, minute=0, second=0)):%Y-%m-%d %H:%M:%S}"
    mixpanel.add(event("Visit", at, "ann", "r1", plan="pro"))
    mixpanel.add(event("Visit", at, "bob", "r2", plan="plus"))
    mixpanel.add(event("Order", at, "bob", "r3", plan="pro"))


@pytest.fixture
def saved(mixpanel: StandInMixpanel) -> None:
    mixpanel.queries.funnels = (Funnel(77, "Buyers", (Step("Signup"), Step("Purchase"))), Funnel(5, "Again", ()))
    mixpanel.queries.cohorts = (Cohort(3, "Pro", members=frozenset({"ann"})),)
    mixpanel.queries.annotations = [
        Annotation(1, datetime(2024, 3, 1, 8), "Release"),
        Annotation(2, datetime(2024, 3, 9, 8), "Sale", ("web",)),
    ]


@pytest.mark.usefixtures("recent")
def test_names_are_a_list_in_json_and_a_column_elsewhere(mp: Mp) -> None:
    assert mp("events").data == ["Order", "Visit"]
    assert mp("events", "--format", "csv").out == "event\nOrder\nVisit\n"
    assert mp("events", "--format", "jsonl").out == '{"event": "Order"}\n{"event": "Visit"}\n'
    assert "Visit" in mp("events", "--format", "table").out


@pytest.mark.usefixtures("recent")
def test_properties_and_values_of_an_event_are_listed(mp: Mp) -> None:
    assert "plan" in mp("properties", "Visit").data
    assert mp("properties", "Visit", "-f", "csv").out.startswith("property\n")
    assert sorted(mp("values", "Visit", "plan").data) == ["plus", "pro"]
    assert len(mp("values", "Visit", "plan", "--limit", "1").data) == 1


@pytest.mark.usefixtures("recent")
def test_todays_most_common_events_are_counted_in_events_or_users(mp: Mp) -> None:
    (first,) = mp("top-events", "--limit", "1").data
    assert (first["event"], first["count"]) == ("Visit", 2)
    assert mp("top-events", "--type", "unique", "--format", "csv").out.startswith("event,count,percent_change\n")


@pytest.mark.usefixtures("saved")
def test_what_is_saved_is_listed_with_its_ids(mp: Mp) -> None:
    assert mp("funnels").data == [{"funnel_id": 5, "name": "Again"}, {"funnel_id": 77, "name": "Buyers"}]
    (cohort,) = mp("cohorts").data
    assert (cohort["id"], cohort["name"], cohort["count"]) == (3, "Pro", 1)


@pytest.mark.usefixtures("saved")
def test_annotations_are_those_of_the_days_both_included(mp: Mp, mixpanel: StandInMixpanel) -> None:
    assert [each["id"] for each in mp("annotations").data] == [1, 2]
    days = ("--from", "2024-03-01", "--to", "2024-03-08")
    assert [each["description"] for each in mp("annotations", *days).data] == ["Release"]
    assert mixpanel.queries.gate.counted == 0


def test_a_list_without_entries_has_its_header_in_csv(mp: Mp) -> None:
    assert mp("events").data == []
    assert mp("events", "-f", "csv").out == "event\n"
    assert mp("funnels", "-f", "csv").out == "funnel_id,name\n"


def test_half_a_character_in_a_name_is_written_as_json_escapes_it(mp: Mp, mixpanel: StandInMixpanel) -> None:
    at = int(datetime.now(UTC).timestamp()) - 3600
    line = {"event": "\ud83d", "properties": {"time": at, "distinct_id": "ann", "$insert_id": "r1"}}
    mixpanel.add(json.dumps(line).encode())
    assert mp("events").data == ["\ud83d"]
    assert mp("events", "-f", "csv").out == "event\n\\ud83d\n"


def test_one_day_alone_is_a_wrong_call(mp: Mp) -> None:
    wrong = mp("annotations", "--from", "2024-03-01")
    assert (wrong.code, "--to is missing" in wrong.err) == (3, True)


@pytest.mark.parametrize(
    "arguments",
    [("properties",), ("properties", ""), ("values", "Visit"), ("values", "Visit", "plan", "--limit", "0")],
)
def test_a_wrong_argument_ends_before_mixpanel_is_asked(
    mp: Mp, mixpanel: StandInMixpanel, arguments: tuple[str, ...]
) -> None:
    assert mp(*arguments).code == 3
    assert mixpanel.calls == []
    assert mixpanel.queries.gate.counted == 0


@pytest.mark.parametrize("name", ["events", "funnels", "annotations"])
def test_without_credentials_the_error_says_how_to_add_an_account(
    mp: Mp, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for variable in ("MIXPANEL_SERVICE_ACCOUNT", "MIXPANEL_SERVICE_ACCOUNT_SECRET", "MIXPANEL_PROJECT_ID"):
        monkeypatch.delenv(variable)
    found = mp(name)
    assert (found.code, found.out) == (2, "")
    assert "mp auth add" in found.err


def test_an_account_that_nobody_added_is_not_found(mp: Mp, mixpanel: StandInMixpanel) -> None:
    found = mp("events", "--account", "nobody")
    assert (found.code, "nobody" in found.err) == (4, True)
    assert mixpanel.queries.gate.counted == 0
