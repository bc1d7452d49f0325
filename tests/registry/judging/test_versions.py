"""Which version broke it."""

import random
from collections.abc import Mapping

import pytest

from mixpanel_data.registry.judging.versions import Counts, first_bad, version_key


def bad_in(**counts: tuple[int, int]) -> str | None:
    return first_bad({name.replace("_", "."): Counts(*each) for name, each in counts.items()})


ALL_BAD: Mapping[str, Counts] = {"4.9": Counts(0, 100), "4.10": Counts(0, 50)}


def test_the_lowest_bad_version_is_the_first() -> None:
    counts = {"4.9": Counts(990, 8), "4.10": Counts(0, 400), "4.11": Counts(3, 90), "4.8.7": Counts(50, 0)}
    assert first_bad(counts) == "4.10"


def test_none_is_the_first_if_all_are_bad() -> None:
    assert first_bad(ALL_BAD) is None


def test_none_is_the_first_if_others_are_bad_too() -> None:
    assert first_bad({"4.9": Counts(980, 20), "4.10": Counts(0, 400)}) is None


def test_none_is_the_first_if_bad_versions_hold_less_than_90_percent() -> None:
    assert first_bad({"4.9": Counts(9900, 99), "4.10": Counts(0, 800)}) is None
    assert first_bad({"4.9": Counts(9900, 80), "4.10": Counts(0, 800)}) == "4.10"


def test_a_stray_of_an_old_version_is_not_the_first() -> None:
    assert first_bad({"1.0": Counts(0, 1), "4.9": Counts(900, 0), "4.10": Counts(0, 400)}) == "4.10"


def test_events_without_a_version_are_never_the_first() -> None:
    assert first_bad({"": Counts(0, 400), "4.9": Counts(900, 0)}) is None
    assert first_bad({"": Counts(900, 2), "4.10": Counts(0, 400)}) == "4.10"


def test_nothing_is_bad_where_nothing_is() -> None:
    assert first_bad({}) is None
    assert first_bad({"4.9": Counts(10, 0), "4.10": Counts(10, 0)}) is None


@pytest.mark.parametrize(
    "ordered",
    [
        ["4.2-alpha", "4.2-alpha.2", "4.2-beta", "4.2", "4.2.1", "4.9", "4.10", "10"],
        ["v1.9.0", "v1.10.0-rc.1", "v1.10.0-rc.2", "v1.10.0", "v2"],
        ["2024.12.1", "2025.1.30", "2025.2"],
        ["1.0 (99)", "1.0 (100)"],
    ],
)
def test_versions_have_an_order(ordered: list[str]) -> None:
    shuffled = random.Random(1).sample(ordered, len(ordered))
    assert sorted(shuffled, key=version_key) == ordered


def test_the_end_of_a_version_may_be_zero() -> None:
    assert version_key("4.2")[0] == version_key("4.2.0")[0] == version_key("v4.2.0+build.7")[0]
