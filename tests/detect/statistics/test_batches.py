"""Events that come in batches or in sessions of users: the budget of false alarms holds, and bursts are found."""

import numpy as np
import pytest

from support.judged_worlds import judge
from support.simulated_counts import BURST, SILENCE, Fault, found
from support.simulated_traffic import Batches, Sessions
from support.simulated_world import Size
from support.simulated_worlds import worlds

DAY = 1440


def false_a_week(label: str, size: Size) -> float:
    """False incidents a week over all names of a world, its first weeks included."""
    (world,) = worlds([label], size)
    return judge(world, size.days).weekly(0, size.days)


@pytest.mark.parametrize("kind", ["geometric", "fixed", "poisson"])
def test_batches_have_the_events_that_are_expected_of_them(kind: str) -> None:
    expected = np.full((1, 400 * DAY), 0.5)
    counts = Batches(kind, 5).draw(expected, np.random.default_rng(3))  # type: ignore[arg-type]
    assert counts.mean() == pytest.approx(0.5, rel=0.03)
    assert counts[counts > 0].mean() > 4.5


def test_sessions_spread_their_events_over_minutes_and_past_midnight() -> None:
    expected = (np.full((2, DAY), 1.0) for _ in range(40))
    counts = np.concatenate(list(Sessions(10).counts(expected, np.random.default_rng(3))), axis=1)
    assert counts.mean() == pytest.approx(1.0, rel=0.05)
    assert counts.sum(axis=0).reshape(40, DAY)[1:, :60].mean() == pytest.approx(2.0, rel=0.15)


def test_batches_of_five_keep_to_the_budget() -> None:
    assert false_a_week("batches-geometric-5", Size(names=4, days=8, seed=2)) <= 2.0


@pytest.mark.sequences
@pytest.mark.parametrize(
    ("kind", "size"),
    [
        *(("batches-geometric", size) for size in (2, 3, 5, 10, 30)),
        *(("even-geometric", size) for size in (1, 5, 30)),
        ("batches-fixed", 3),
        ("batches-poisson", 10),
    ],
)
def test_names_in_batches_keep_to_the_budget_of_false_incidents(kind: str, size: int) -> None:
    assert false_a_week(f"{kind}-{size}", Size(days=56, seed=3)) <= (2.0 if size <= 5 else 4.0)


@pytest.mark.sequences
@pytest.mark.parametrize("label", ["users-5-1", "users-10-1", "users-20-1"])
def test_sessions_of_users_keep_to_the_budget_of_false_incidents(label: str) -> None:
    assert false_a_week(label, Size(days=56, seed=3)) <= 4.0


@pytest.mark.sequences
@pytest.mark.parametrize(
    ("rate", "fault", "share"),
    # What a model found that took single events for granted, less three standard errors.
    [(1.0, BURST, 0.5), (2.0, BURST, 0.9), (3.0, BURST, 0.97), (1.0, SILENCE, 0.9), (5.0, Fault(60.0, 0.5), 0.5)],
)
def test_bursts_and_silences_of_single_events_are_found_as_often_as_ever(
    rate: float, fault: Fault, share: float
) -> None:
    assert found(rate, fault, names=30, days=10, seed=3, budget_names=1) >= share
