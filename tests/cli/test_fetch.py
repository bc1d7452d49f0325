"""`mp fetch`: events and profiles into tables, and what `mp` then says of them."""

import pytest

from cli.shell import Mp
from mixpanel_data_standins.mixpanel import StandInMixpanel


def test_events_are_fetched_and_asked(mp: Mp) -> None:
    fetched = mp("fetch", "events", "--from", "2024-03-01", "--to", "2024-03-02")
    assert fetched.code == 0
    assert (fetched.data["table"], fetched.data["rows"]) == ("events", 3)
    assert mp("sql", "SELECT count(*) FROM events", "--scalar").out == "3\n"
    (table,) = (each for each in mp("tables").data if each["name"] == "events")
    assert (table["from_date"], table["to_date"]) == ("2024-03-01", "2024-03-02")


def test_only_some_events_are_fetched(mp: Mp) -> None:
    days = ("--from", "2024-03-01", "--to", "2024-03-20")
    assert mp("fetch", "events", "few", *days, "--events", "Signup,Nothing").data["rows"] == 1


def test_a_table_that_exists_is_refused_unless_it_is_appended_to(mp: Mp) -> None:
    mp("fetch", "events", "--from", "2024-03-01", "--to", "2024-03-01")
    again = mp("fetch", "events", "--from", "2024-03-02", "--to", "2024-03-20")
    assert again.code == 1
    assert mp("fetch", "events", "--from", "2024-03-02", "--to", "2024-03-20", "--append").code == 0
    assert mp("sql", "SELECT count(*) FROM events", "--scalar").out == "4\n"


@pytest.mark.parametrize("arguments", [("events",), ("events", "_x", "--from", "2024-03-01", "--to", "2024-03-01")])
def test_a_wrong_argument_ends_before_mixpanel_is_asked(
    mp: Mp, mixpanel: StandInMixpanel, arguments: tuple[str, ...]
) -> None:
    assert mp("fetch", *arguments).code == 3
    assert mixpanel.calls == []


def test_profiles_are_fetched(mp: Mp, mixpanel: StandInMixpanel) -> None:
    mixpanel.profiles.put("ann", {"plan": "pro"})
    assert mp("fetch", "profiles").data["rows"] == 1
