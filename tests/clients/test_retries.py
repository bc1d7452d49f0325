"""The waits between the attempts of any client."""

from __future__ import annotations

import random

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import UnavailableError
from mixpanel_data.clients.retries import retrying


@pytest.fixture
def waits() -> list[float]:
    return []


def fails() -> None:
    raise UnavailableError("not now")


def test_the_wait_doubles_up_to_half_a_minute_and_has_half_a_second_of_jitter(waits: list[float]) -> None:
    with pytest.raises(UnavailableError, match="not now"):
        retrying(fails, deadline=Deadline(), sleep=waits.append, attempts=12)
    for number, waited in enumerate(waits):
        assert min(30.0, 0.5 * 2**number) <= waited <= min(30.0, 0.5 * 2**number + 0.5)
    assert len(waits) == 11
    assert waits[-1] == 30.0


def test_the_waits_of_clients_that_failed_together_differ(waits: list[float]) -> None:
    for _ in range(10):
        with pytest.raises(UnavailableError):
            retrying(fails, deadline=Deadline(), sleep=waits.append, attempts=2)
    assert len(set(waits)) > 1


def test_no_wait_passes_the_deadline(waits: list[float]) -> None:
    for seed in range(50):
        random.seed(seed)
        with pytest.raises(UnavailableError):
            retrying(fails, deadline=Deadline.after(0.75), sleep=waits.append)
    assert [wait for wait in waits if wait > 0.75] == []


def test_an_error_that_ends_the_waiting_is_raised_in_place_of_the_failure(waits: list[float]) -> None:
    def stop(_error: BaseException | None) -> str:
        raise LookupError("no attempt is left")

    with pytest.raises(LookupError):
        retrying(fails, deadline=Deadline(), sleep=waits.append, before_waiting=stop)
    assert waits == []
