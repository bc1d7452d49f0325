"""One client for many calls: one after the other, and several at once."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from clients.mixpanel.project import ACCESS, DAY, LINE, NOON, call_of, client_of, read, wait_until
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import DeadlineError, RateLimitError, UnavailableError
from mixpanel_data.clients.mixpanel import Mixpanel
from mixpanel_data_standins.mixpanel import StandInMixpanel, faults
from support.relay import Relay

NOISE = random.Random(1)
LARGE = [
    json.dumps({"event": "a", "properties": {"time": 1772355600 + number, "noise": NOISE.randbytes(4000).hex()}})
    for number in range(200)
]
LARGE_BODY = "".join(f"{line}\n" for line in LARGE).encode()


@pytest.fixture
def large() -> Iterator[StandInMixpanel]:
    """A project whose export takes many reads."""
    with StandInMixpanel([line.encode() for line in LARGE], now=lambda: NOON, access=ACCESS) as running:
        yield running


@pytest.fixture
def relay(mixpanel: StandInMixpanel) -> Iterator[Relay]:
    with Relay(mixpanel.url) as relay:
        yield relay


@pytest.fixture
def client(mixpanel: StandInMixpanel, relay: Relay) -> Mixpanel:
    """A client whose connections can be counted and cut."""
    return client_of(mixpanel, base_url=relay.url)


# Calls at once

BLOCKING = pytest.mark.parametrize(
    "fault",
    [faults.Stall(5), faults.SlowFirstByte(60.0)],
    ids=["waiting for the next bytes", "waiting for the first byte"],
)


@BLOCKING
def test_a_cancellation_ends_its_own_call_and_not_the_one_beside_it(
    large: StandInMixpanel, fault: faults.Fault
) -> None:
    client = client_of(large)
    cancelled, other = client.within(Deadline()), client.within(Deadline())
    chunks = iter(other.export(DAY).text())
    arrived = next(chunks)
    large.faults.append(fault)
    with ThreadPoolExecutor(1) as threads:
        blocked = threads.submit(read, cancelled)
        wait_until(lambda: len(large.calls) == 2)
        cancelled.cancel()
        assert isinstance(blocked.exception(20.0), UnavailableError)
    assert len(arrived) < len(LARGE_BODY)
    assert arrived + b"".join(chunks) == LARGE_BODY


@BLOCKING
def test_a_cancellation_leaves_another_call_waiting(large: StandInMixpanel, fault: faults.Fault) -> None:
    client = client_of(large)
    cancelled, other = client.within(Deadline()), client.within(Deadline())
    large.faults.extend([faults.SlowFirstByte(0.5), fault])
    with ThreadPoolExecutor(2) as threads:
        waiting = threads.submit(lambda: b"".join(other.export(DAY).text()))
        wait_until(lambda: len(large.calls) == 1)
        blocked = threads.submit(read, cancelled)
        wait_until(lambda: len(large.calls) == 2)
        cancelled.cancel()
        assert isinstance(blocked.exception(20.0), UnavailableError)
        assert waiting.result(20.0) == LARGE_BODY


@BLOCKING
def test_a_deadline_ends_its_own_call_and_not_the_one_beside_it(large: StandInMixpanel, fault: faults.Fault) -> None:
    client = client_of(large)
    late, other = client.within(Deadline.after(0.3)), client.within(Deadline())
    chunks = iter(other.export(DAY).text())
    arrived = next(chunks)
    large.faults.append(fault)
    with pytest.raises(UnavailableError):
        read(late)
    assert arrived + b"".join(chunks) == LARGE_BODY


def test_a_cancellation_after_its_export_has_ended_leaves_the_next_call_alone(large: StandInMixpanel) -> None:
    """The next call reads over the connection that the first one has left."""
    with Relay(large.url) as relay:
        client = client_of(large, base_url=relay.url)
        first, second = client.within(Deadline()), client.within(Deadline())
        stream = first.export(DAY)
        assert b"".join(stream.text()) == LARGE_BODY
        chunks = iter(second.export(DAY).text())
        arrived = next(chunks)
        first.cancel()
        assert arrived + b"".join(chunks) == LARGE_BODY
        assert relay.connections == 1


def test_calls_at_once_have_a_connection_each(mixpanel: StandInMixpanel, client: Mixpanel, relay: Relay) -> None:
    streams = [client.within(Deadline()).export(DAY) for _ in range(3)]
    assert [b"".join(stream) for stream in streams] == [LINE + b"\n"] * 3
    assert relay.connections == 3
    # All three are idle now, and serve the next ones.
    streams = [client.within(Deadline()).export(DAY) for _ in range(3)]
    assert [b"".join(stream) for stream in streams] == [LINE + b"\n"] * 3
    assert relay.connections == 3


# Calls one after the other


def test_calls_one_after_the_other_share_a_connection(
    mixpanel: StandInMixpanel, client: Mixpanel, relay: Relay
) -> None:
    for _ in range(3):
        assert read(client.within(Deadline())) == LINE + b"\n"
    mixpanel.faults.append(faults.Status(404))
    with pytest.raises(Exception, match="404"):
        read(client.within(Deadline()))
    assert read(client.within(Deadline())) == LINE + b"\n"
    assert (relay.connections, len(mixpanel.calls)) == (1, 5)


@pytest.mark.parametrize("fault", [faults.Stall(5), faults.SlowFirstByte(60.0)])
def test_a_client_serves_the_next_call_after_a_cancelled_one(
    mixpanel: StandInMixpanel, client: Mixpanel, fault: faults.Fault
) -> None:
    mixpanel.faults.append(fault)
    cancelled = client.within(Deadline())
    with ThreadPoolExecutor(1) as threads:
        blocked = threads.submit(read, cancelled)
        wait_until(lambda: len(mixpanel.calls) == 1)
        cancelled.cancel()
        assert isinstance(blocked.exception(20.0), UnavailableError)
    assert read(client.within(Deadline())) == LINE + b"\n"
    with pytest.raises(UnavailableError):
        read(cancelled)


@pytest.mark.parametrize("fault", [faults.Stall(5), faults.SlowFirstByte(60.0)])
def test_a_client_serves_the_next_call_after_one_whose_deadline_passed(
    mixpanel: StandInMixpanel, client: Mixpanel, fault: faults.Fault
) -> None:
    mixpanel.faults.permanent = fault
    late = client.within(Deadline.after(0.3))
    with pytest.raises(UnavailableError):
        read(late)
    mixpanel.faults.clear()
    with pytest.raises(DeadlineError):
        read(late)
    assert read(client.within(Deadline())) == LINE + b"\n"


def test_a_client_serves_the_next_call_after_the_server_closed_the_connection(
    mixpanel: StandInMixpanel, client: Mixpanel, relay: Relay
) -> None:
    assert read(client.within(Deadline())) == LINE + b"\n"
    relay.cut()
    call = client.within(Deadline())
    assert call.retrying(lambda: read(call)) == LINE + b"\n"
    assert relay.connections == 2


def test_a_client_serves_the_next_call_after_an_export_that_was_not_read_to_its_end(large: StandInMixpanel) -> None:
    client = client_of(large)
    with client.within(Deadline()).export(DAY) as stream:
        next(iter(stream.text()))
    assert b"".join(client.within(Deadline()).export(DAY).text()) == LARGE_BODY


def test_a_connection_that_was_idle_for_more_than_a_minute_is_not_used_again(
    client: Mixpanel, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A firewall may have forgotten it without telling either end."""
    now = [1000.0]
    monkeypatch.setattr("mixpanel_data.clients.idle.time", SimpleNamespace(monotonic=lambda: now[0]))
    for passed, connections in ((0.0, 1), (60.0, 1), (61.0, 2), (1.0, 2)):
        now[0] += passed
        assert read(client.within(Deadline())) == LINE + b"\n"
        assert relay.connections == connections


def test_a_closed_client_has_no_connection_and_can_be_used_again(client: Mixpanel, relay: Relay) -> None:
    read(client.within(Deadline()))
    client.close()
    client.close()
    read(client.within(Deadline()))
    assert relay.connections == 2


# How many exports a call may ask for


def test_exports_beyond_the_budget_are_refused_without_a_request(mixpanel: StandInMixpanel) -> None:
    call = call_of(mixpanel)
    call.calls_left = 2
    read(call)
    read(call)
    with pytest.raises(RateLimitError, match="MIXPANEL_CALLS_PER_HOUR") as caught:
        read(call)
    assert caught.value.http_status == 503
    assert len(mixpanel.calls) == call.calls == 2


def test_a_budget_of_none_allows_no_request(mixpanel: StandInMixpanel) -> None:
    call = call_of(mixpanel)
    call.calls_left = 0
    with pytest.raises(RateLimitError):
        read(call)
    assert mixpanel.calls == []


def test_every_attempt_counts_towards_the_budget(mixpanel: StandInMixpanel, waits: list[float]) -> None:
    mixpanel.faults.permanent = faults.Status(500)
    call = call_of(mixpanel, sleep=waits.append)
    call.calls_left = 3
    with pytest.raises(RateLimitError, match="after 3 calls") as caught:
        call.retrying(lambda: read(call))
    assert len(mixpanel.calls) == 3
    assert len(waits) == 2
    assert "500" in str(caught.value.__cause__)


def test_an_export_beyond_the_budget_is_not_waited_for(mixpanel: StandInMixpanel, waits: list[float]) -> None:
    call = call_of(mixpanel, sleep=waits.append)
    call.calls_left = 0
    with pytest.raises(RateLimitError, match="MIXPANEL_CALLS_PER_HOUR"):
        call.retrying(lambda: read(call))
    assert waits == []


def test_an_export_after_the_deadline_does_not_count_towards_the_budget(mixpanel: StandInMixpanel) -> None:
    call = call_of(mixpanel, deadline=Deadline.after(0.0))
    with pytest.raises(DeadlineError):
        call.export(DAY)
    assert call.calls == 0


def test_the_budget_of_one_call_is_not_that_of_another(mixpanel: StandInMixpanel) -> None:
    client = client_of(mixpanel)
    first, second = client.within(Deadline()), client.within(Deadline())
    first.calls_left = 1
    read(first)
    read(second)
    read(second)
    with pytest.raises(RateLimitError, match="after 1 call"):
        read(first)
    assert (first.calls, first.calls_left) == (1, 0)
    assert (second.calls, second.calls_left) == (2, None)


def test_threads_that_share_a_call_do_not_exceed_its_budget(mixpanel: StandInMixpanel) -> None:
    """The collector reads the next days in one thread while it may read a day again in another."""
    call = call_of(mixpanel)
    call.calls_left = 5
    with ThreadPoolExecutor(8) as threads:
        reading = [threads.submit(read, call) for _ in range(40)]
        errors = [each.exception() for each in reading]
    assert sum(error is None for error in errors) == 5
    assert all(error is None or isinstance(error, RateLimitError) for error in errors)
    assert len(mixpanel.calls) == call.calls == 5
