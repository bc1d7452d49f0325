"""How a property of an event stands, and what counts as a change of it."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta

import pytest

from mixpanel_data.base.choices import PropertyStatus
from mixpanel_data.registry.judging.properties import judge_property
from mixpanel_data.registry.judging.shapes import Change, PropertyDay

START = date(2026, 1, 5)
DAYS = 40
Types = Mapping[str, int]


def days(types: Callable[[int], Types], of: int = 100, number: int = DAYS, every: int = 1) -> list[PropertyDay]:
    """Days with so many events, and values of these types; the values themselves are few."""
    numbers = range(0, number, every)
    return [PropertyDay(START + timedelta(days=day), of, types(day), frozenset("ab"), 2) for day in numbers]


def since(day: int, before: Types, after: Types) -> Callable[[int], Types]:
    return lambda number: after if number >= day else before


def on(bad: set[int], usual: Types, other: Types) -> Callable[[int], Types]:
    return lambda number: other if number in bad else usual


def judged(observed: list[PropertyDay], key: str = "price") -> tuple[PropertyStatus, list[Change]]:
    return judge_property("Purchase", key, "", observed, observed[-1].day)


def told(observed: list[PropertyDay], key: str = "price") -> list[tuple[str, int, str, str, bool]]:
    return [
        (change.kind, (change.day - START).days, change.before, change.after, change.is_breaking)
        for change in judged(observed, key)[1]
    ]


# Types


def test_a_type_that_changes_at_once_is_a_change_of_its_first_day() -> None:
    observed = days(since(20, {"string": 100}, {"integer": 100}))
    assert told(observed) == [("type_changed", 20, "string", "integer", True)]
    assert judged(observed)[0] == PropertyStatus.TYPE_CHANGED


@pytest.mark.parametrize("first_day", [8, 25, 50])
def test_a_change_that_begins_late_in_a_day_is_of_that_day(first_day: int) -> None:
    changed = {19: {"string": 100}, 20: {"string": 100 - first_day, "integer": first_day}}
    observed = days(lambda day: changed.get(min(max(day, 19), 21), {"integer": 100}))
    assert told(observed) == [("type_changed", 20, "string", "integer", True)]


def test_a_change_that_spreads_day_by_day_is_of_the_first_day_with_5_percent() -> None:
    spread = {20: 1, 21: 6, 22: 15, 23: 40, 24: 80}
    observed = days(
        lambda day: {"string": 100 - spread.get(day, 100 * (day > 24)), "integer": spread.get(day, 100 * (day > 24))}
    )
    assert [change[:2] for change in told(observed)] == [("type_changed", 21)]


def test_a_property_that_goes_missing_late_in_a_day_is_lost_on_that_day() -> None:
    observed = days(lambda day: {"string": 100 if day < 20 else 80 if day == 20 else 0})
    assert [change[:2] for change in told(observed)][:1] == [("became_sparse", 20)]


def test_a_type_that_comes_beside_another_one_is_a_change() -> None:
    observed = days(since(20, {"string": 100}, {"string": 85, "null": 15}))
    assert told(observed) == [("type_changed", 20, "string", "string|null", True)]


@pytest.mark.parametrize("share", [5, 6, 20])
def test_three_days_of_5_percent_are_a_change(share: int) -> None:
    changed = {"string": 200 - 2 * share, "boolean": 2 * share}
    at_least = days(since(20, {"string": 200}, changed), of=200, number=23)
    assert told(at_least) == [("type_changed", 20, "string", "string|boolean", True)]


def test_one_percent_of_another_type_is_a_stray_for_good() -> None:
    observed = days(since(10, {"string": 1000}, {"string": 990, "null": 10}), of=1000, number=400)
    assert judged(observed) == (PropertyStatus.ACTIVE, [])


@pytest.mark.parametrize("bad", [{20}, {20, 27}])
def test_a_bad_day_is_no_change(bad: set[int]) -> None:
    assert told(days(on(bad, {"string": 1000}, {"string": 700, "integer": 300}), of=1000)) == []


def test_a_bad_day_shortly_before_a_change_does_not_move_it() -> None:
    def types(day: int) -> Types:
        return {"integer": 1000} if day >= 25 else {"string": 700, "integer": 300} if day == 21 else {"string": 1000}

    assert told(days(types, of=1000)) == [("type_changed", 25, "string", "integer", True)]


def test_fewer_than_20_values_are_no_change_yet() -> None:
    few = since(20, {"string": 6}, {"integer": 6})
    assert told(days(few, of=6, number=23)) == []
    assert told(days(few, of=6, number=24)) == [("type_changed", 20, "string", "integer", True)]


def test_what_is_in_the_first_week_is_no_change() -> None:
    assert told(days(since(5, {"string": 100}, {"integer": 100}))) == []


def test_a_property_of_any_type_is_unstable_and_never_changes() -> None:
    observed = days(lambda day: {"string": 40 - day % 7, "integer": 30, "boolean": 30 + day % 7})
    assert judged(observed) == (PropertyStatus.UNSTABLE, [])


def test_integers_and_numbers_are_one_type() -> None:
    assert judged(days(lambda _: {"integer": 10, "number": 90})) == (PropertyStatus.ACTIVE, [])
    assert told(days(since(20, {"number": 95, "integer": 5}, {"integer": 100}))) == []


def test_integers_that_become_numbers_break_nothing() -> None:
    observed = days(since(20, {"integer": 100}, {"integer": 20, "number": 80}))
    assert told(observed) == [("type_changed", 20, "integer", "number", False)]


def test_numbers_that_follow_texts_are_numbers() -> None:
    observed = days(since(20, {"string": 100}, {"integer": 20, "number": 80}))
    assert told(observed) == [("type_changed", 20, "string", "number", True)]


def test_a_type_that_comes_back_is_another_change() -> None:
    observed = days(on(set(range(20, 30)), {"string": 100}, {"integer": 100}))
    assert [change[:4] for change in told(observed)] == [
        ("type_changed", 20, "string", "integer"),
        ("type_changed", 30, "integer", "string"),
    ]


def test_a_type_of_a_property_that_is_seldom_seen_is_judged_by_its_own_days() -> None:
    observed = days(since(40, {"string": 20}, {"null": 20}), of=1000, number=80, every=4)
    assert told(observed) == [("type_changed", 40, "string", "null", True)]


def test_a_type_is_changed_for_30_days() -> None:
    changed = since(10, {"string": 100}, {"integer": 100})
    assert judged(days(changed, number=40))[0] == PropertyStatus.TYPE_CHANGED
    assert judged(days(changed, number=41))[0] == PropertyStatus.ACTIVE


def test_null_beside_a_type_is_not_unstable() -> None:
    assert judged(days(lambda _: {"string": 50, "null": 50})) == (PropertyStatus.ACTIVE, [])


def test_strays_are_not_unstable() -> None:
    assert judged(days(lambda _: {"string": 99, "integer": 1})) == (PropertyStatus.ACTIVE, [])


# Presence


def test_a_property_that_all_events_have_is_lost_once_5_percent_lack_it() -> None:
    assert told(days(since(20, {"string": 200}, {"string": 188}), of=200)) == [
        ("became_sparse", 20, "always", "sometimes", True)
    ]
    assert told(days(since(20, {"string": 200}, {"string": 198}), of=200)) == []


def test_a_property_that_is_gone_is_lost_and_in_the_end_dormant() -> None:
    observed = days(since(20, {"string": 100}, {}), number=50)
    assert told(observed) == [
        ("became_sparse", 20, "always", "never", True),
        ("became_dormant", 49, "active", "dormant", True),
    ]
    assert judged(observed)[0] == PropertyStatus.DORMANT


def test_an_optional_property_is_lost_below_half_its_share() -> None:
    assert told(days(since(20, {"string": 500}, {"string": 100}), of=1000)) == [
        ("became_sparse", 20, "sometimes", "sometimes", True)
    ]
    assert told(days(since(20, {"string": 500}, {"string": 300}), of=1000)) == []


def test_a_property_of_working_days_is_not_lost_on_weekends() -> None:
    assert told(days(lambda day: {"string": 60 if day % 7 < 5 else 10}, number=120)) == []


def test_a_day_without_the_property_is_no_loss() -> None:
    assert told(days(on({20}, {"string": 1000}, {}), of=1000)) == []


# New, dormant, back


def test_a_property_is_new_to_an_event_that_went_without_it() -> None:
    assert told(days(since(20, {}, {"string": 30, "null": 10}))) == [("new_property", 20, "", "string|null", False)]
    assert told(days(since(5, {}, {"string": 30}))) == []


def test_a_rare_property_is_not_new_because_it_came_late() -> None:
    assert told(days(on({20, 31, 38}, {}, {"string": 1}))) == []


def test_a_property_of_an_event_that_is_gone_is_dormant_without_a_change() -> None:
    observed = days(lambda _: {"string": 100}, number=20)
    status, changes = judge_property("Purchase", "price", "", observed, START + timedelta(days=60))
    assert (status, changes) == (PropertyStatus.DORMANT, [])


def test_a_property_comes_back() -> None:
    observed = days(lambda day: {} if 20 <= day < 60 else {"string": 100}, number=70)
    assert ("came_back", 60, "dormant", "active", False) in told(observed)


# Cardinality


def test_a_property_of_few_values_that_gets_many_has_exploded() -> None:
    observed = [
        PropertyDay(each.day, 100, each.types, None if number >= 20 else frozenset("abc"), 90 if number >= 20 else 3)
        for number, each in enumerate(days(lambda _: {"string": 100}))
    ]
    assert told(observed) == [("cardinality_exploded", 20, "few", "many", False)]


def test_new_values_add_up_over_three_days_and_no_longer() -> None:
    def told_with(a_day: int) -> list[tuple[str, int, str, str, bool]]:
        return told(
            [
                PropertyDay(each.day, 100, each.types, _values(number, a_day), len(_values(number, a_day)))
                for number, each in enumerate(days(lambda _: {"string": 100}))
            ]
        )

    def _values(number: int, a_day: int) -> frozenset[str]:
        return frozenset("ab") | frozenset(f"{number}-{each}" for each in range(a_day if number >= 20 else 0))

    assert told_with(7) == [("cardinality_exploded", 20, "few", "many", False)]
    assert told_with(2) == []


def test_values_of_another_type_are_a_change_of_type_alone() -> None:
    observed = [
        PropertyDay(each.day, 100, each.types, None if number >= 20 else frozenset("abc"), 90 if number >= 20 else 3)
        for number, each in enumerate(days(since(20, {"string": 100}, {"integer": 100})))
    ]
    assert [change[0] for change in told(observed)] == ["type_changed"]


# Whose keys


@pytest.mark.parametrize("key", ["$os", "mp_lib", "time", "distinct_id", "utm_source", "token"])
def test_mixpanels_own_keys_have_no_changes(key: str) -> None:
    assert told(days(since(20, {"string": 100}, {"integer": 100})), key) == []


@pytest.mark.parametrize("key", ["os", "Time", "mp", "my_mp_lib", ""])
def test_all_other_keys_have(key: str) -> None:
    assert told(days(since(20, {"string": 100}, {"integer": 100})), key)
