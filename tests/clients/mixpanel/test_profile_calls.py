"""One client of Mixpanel's profiles for many calls: one after the other, and several at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from clients.mixpanel.project import wait_until
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import DeadlineError, QueryError, UnavailableError
from mixpanel_data.base.secret import Secret
from mixpanel_data.base.user_totals import User
from mixpanel_data.clients.mixpanel import Profiles, Region
from mixpanel_data_standins.mixpanel import Access, StandInMixpanel, faults
from support.relay import Relay

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOKEN = "t0ken-of-ours"


def user(distinct_id: str) -> User:
    return {"distinct_id": distinct_id, "commits": 3, "events_processed": 5}


@pytest.fixture
def mixpanel() -> Iterator[StandInMixpanel]:
    with StandInMixpanel(now=lambda: NOON, access=Access(token=TOKEN)) as running:
        yield running


@pytest.fixture
def relay(mixpanel: StandInMixpanel) -> Iterator[Relay]:
    with Relay(mixpanel.url) as relay:
        yield relay


@pytest.fixture
def client(relay: Relay) -> Profiles:
    return Profiles(Secret(TOKEN), Region.US, {"commits": "Commits"}, relay.url)


def test_the_deadline_of_one_send_does_not_end_the_send_beside_it(mixpanel: StandInMixpanel, client: Profiles) -> None:
    mixpanel.profile_faults.extend([faults.SlowFirstByte(0.6), faults.Stall(5)])
    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(client.within(Deadline()).send, [user("u1")])
        wait_until(lambda: len(mixpanel.calls) == 1)
        with pytest.raises(UnavailableError):
            client.within(Deadline.after(0.2)).send([user("u2")])
        assert other.result(20.0) == []
    assert [call.status for call in mixpanel.calls] == [200, 200]


def test_a_client_sends_the_next_users_after_a_deadline_has_passed(mixpanel: StandInMixpanel, client: Profiles) -> None:
    mixpanel.profile_faults.permanent = faults.Stall(5)
    late = client.within(Deadline.after(0.2))
    with pytest.raises(UnavailableError):
        late.send([user("u1")])
    mixpanel.profile_faults.clear()
    with pytest.raises(DeadlineError):
        late.send([user("u1")])
    assert client.within(Deadline()).send([user("u2")]) == []
    assert "u2" in mixpanel.profiles


def test_sends_one_after_the_other_share_a_connection_and_survive_its_end(client: Profiles, relay: Relay) -> None:
    for number in range(3):
        assert client.within(Deadline()).send([user(f"u{number}")]) == []
    assert relay.connections == 1
    relay.cut()
    assert client.within(Deadline()).send([user("u3")]) == []
    assert relay.connections == 2


def test_a_client_without_a_deadline_sends_too(mixpanel: StandInMixpanel, client: Profiles) -> None:
    assert client.send([user("u1")]) == []
    assert "u1" in mixpanel.profiles


def test_the_refusals_of_one_call_do_not_count_in_the_next(mixpanel: StandInMixpanel, client: Profiles) -> None:
    users = [user(f"u{number}") for number in range(100)]
    everybody = frozenset(str(one["distinct_id"]) for one in users)
    mixpanel.profile_faults.permanent = faults.Partial(everybody, without_positions=True)
    with pytest.raises(QueryError, match="in a row"):
        client.within(Deadline()).send(users)
    (refusal,) = client.within(Deadline()).send([user("u1")])
    assert refusal.distinct_id == "u1"
