"""docs/scale.md: its sums are right."""

import re

import pytest

from deploy.project import ROOT

TEXT = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
UNITS = {"k": 1e3, "M": 1e6, "G": 1e9, "B": 1, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15, "TiB": 2.0**40, "s": 1}
SUMS = re.findall(r"`([0-9(][^`\n]* = [^`\n]*)`", TEXT)


def value(expression: str) -> float:
    """The value of an expression of numbers, units and signs."""
    numbers = re.sub(r"(?<=[0-9]),(?=[0-9]{3})", "", expression).replace("×", "*")
    plain = re.sub(r"([0-9.]+) ?([A-Za-z]+)", lambda found: f"({found[1]} * {UNITS[found[2]]!r})", numbers)
    assert re.fullmatch(r"[0-9.e+*/() -]+", plain), plain
    return float(eval(plain))  # noqa: S307 - nothing but numbers and signs


@pytest.mark.parametrize("sum_", SUMS)
def test_a_sum_is_right(sum_: str) -> None:
    left, right = sum_.split(" = ")
    assert value(right) == pytest.approx(value(left), rel=0.02)


def test_there_are_sums() -> None:
    assert len(SUMS) > 30


def test_a_figure_of_another_volume_is_the_first_times_as_much() -> None:
    """In rows of tables for 1 M, 100 M and 10 G events whose first figure is a sum and the others are plain."""
    rows = re.findall(r"= ([0-9.]+ [GTMP]?B)` \| ([0-9.]+ [GTMP]?B) \| ([0-9.]+ [GTMP]?B) \|", TEXT)
    assert len(rows) >= 2
    for first, second, third in rows:
        assert value(second) == pytest.approx(100 * value(first), rel=0.02)
        assert value(third) == pytest.approx(10_000 * value(first), rel=0.02)
