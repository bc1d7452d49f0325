"""Segmentation, active users and frequency in SQL, beside those in plain Python."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpanel_data.configuration.reports.choices import By
from mixpanel_data.configuration.reports.definitions import ActiveUsers, Report, Segmentation
from reports.histories import Past, pasts
from reports.implementations import in_sql
from reports.random_definitions import questions, segments
from reports.small_histories import DAY, did, local, world
from reports.stored_histories import differences
from support.reports.answers import answer

some_examples = settings(max_examples=40, deadline=None)
MICROSECOND = timedelta(microseconds=1)


@pytest.mark.sequences
@pytest.mark.parametrize("report", ["segmentation", "active_users", "frequency"])
@some_examples
@given(data=st.data())
def test_the_figures_are_those_of_plain_python(report: str, data: st.DataObject) -> None:
    definition, past = data.draw(questions(report))
    same(definition, past)


@pytest.mark.sequences
@some_examples
@given(data=st.data(), past=pasts())
def test_a_segment_has_the_users_that_it_has_in_plain_python(data: st.DataObject, past: Past) -> None:
    segment, by = data.draw(segments(past)), data.draw(st.sampled_from(By))
    days = {"from_date": past.first - timedelta(days=9), "to_date": past.last + timedelta(days=9)}
    asked = {"events": {}, "unit": "month", "measure": "unique", "segments": [segment], "by": by, **days}
    same(Segmentation.model_validate(asked), past)


def test_labels_tell_whole_numbers_of_text_and_json_apart() -> None:
    values: list[object] = [1, 1.0, "1.0", 2.5, [1.0, "2.0,", {"a": 3.0}], True, "", None, 12345678901234567, -3]
    found = [did("A", local(f"10:{minute:02}"), properties={"n": value}) for minute, value in enumerate(values)]
    asked = {"from_date": DAY, "to_date": DAY, "events": "A", "on": "n"}
    (part,) = in_sql(Segmentation.model_validate(asked), found, world())
    assert {row["segment"]: row["value"] for row in part["totals"]} == {
        "1": 2,
        "1.0": 1,
        "2.5": 1,
        '[1,"2.0,",{"a":3}]': 1,
        "true": 1,
        "": 1,
        "undefined": 1,
        "12345678901234567": 1,
        "-3": 1,
    }


@pytest.mark.parametrize("asked", [2**53 + 1, 10**19, 10**20, 10**30, 1e-7])
def test_a_number_of_any_size_equals_itself_and_not_its_neighbour(asked: float) -> None:
    values = [asked, asked + 1, asked * 2]
    found = [did("A", local(f"10:{minute:02}"), properties={"n": value}) for minute, value in enumerate(values)]
    definition = {"from_date": DAY, "to_date": DAY, "events": {"events": "A", "where": {"n": asked}}}
    (part,) = in_sql(Segmentation.model_validate(definition), found, world())
    # JSON of DuckDB keeps whole numbers of 64 bits, and larger ones as doubles.
    assert part["totals"][0]["value"] == (2 if asked >= 2**64 else 1)


@pytest.mark.parametrize("order", [1, -1])
def test_a_sum_of_fractions_is_exact_in_every_order_of_the_events(order: int) -> None:
    values = [1e14 + 0.25, 0.1, 0.2, 1e-12, -1e14] * 2
    found = [did("A", local(f"10:{minute:02}"), properties={"n": n}) for minute, n in enumerate(values[::order])]
    asked = {"from_date": DAY, "to_date": DAY, "events": "A", "measure": "sum", "property": "n"}
    (part,) = in_sql(Segmentation.model_validate(asked), found, world())
    assert part["totals"][0]["value"] == 1.100000000002


@pytest.mark.parametrize(
    ("unit", "first", "last"),
    [
        ("month", date(2023, 12, 2), date(2023, 12, 31)),
        ("day", date(2023, 10, 3), date(2023, 11, 1)),
        ("week", date(2023, 11, 4), date(2023, 12, 3)),
    ],
)
def test_thirty_days_of_active_users_end_with_the_last_day_of_a_period(unit: str, first: date, last: date) -> None:
    """Page docs/reports/insights, Example of MAU."""
    begin, end = local("00:00", first), local("00:00", last + timedelta(days=1))
    moments = {"ann": begin, "bob": end - MICROSECOND, "cat": begin - MICROSECOND, "dan": end}
    found = [did("Watch", moment, user) for user, moment in moments.items()]
    asked = {"from_date": last, "to_date": last, "unit": unit}
    (part,) = in_sql(ActiveUsers.model_validate(asked), found, world())
    assert [(row["last_day"], row["mau"]) for row in part["rows"]] == [(last, 2)]


def test_the_days_before_the_earliest_day_can_be_compared_with_it() -> None:
    asked = {"from_date": "1900-01-01", "to_date": "1900-01-02", "compare": "previous", "events": "A"}
    parts = in_sql(Segmentation.model_validate(asked), [], world())
    assert [part["from_date"] for part in parts] == [date(1900, 1, 1), date(1899, 12, 30)]


def same(definition: Report, past: Past) -> None:
    expected = answer(definition, past.events, past.world)
    assert not differences(in_sql(definition, past.events, past.world), expected)
