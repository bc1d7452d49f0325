"""One PostgreSQL client for many calls: one after the other, and several at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from clients.postgres.database import OURS, TABLE, World, user
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError, DeadlineError, UnavailableError
from mixpanel_data.base.secret import Secret
from support.relay import Relay


def sessions(world: World) -> set[int]:
    """The server's processes for the sessions of clients."""
    return {row["pid"] for row in world.execute(f"SELECT pid FROM pg_stat_activity WHERE {OURS}")}


def test_the_deadline_of_one_call_does_not_end_the_call_beside_it(world: World) -> None:
    client = world.client()
    client.send([user("u1"), user("u2")])
    with ThreadPoolExecutor(1) as threads:
        with world.holding("u1"), world.holding("u2"):
            other = threads.submit(client.within(Deadline()).send, [user("u2", commits=5)])
            world.wait_until_a_session_waits()
            with pytest.raises(UnavailableError):
                client.within(Deadline.after(0.5)).send([user("u1", commits=4)])
            assert not other.done()
        assert other.result(20.0) == []
    assert (world.rows()["u1"]["commits"], world.rows()["u2"]["commits"]) == (3, 5)
    assert world.waits == []


def test_calls_one_after_the_other_share_a_session(world: World) -> None:
    client = world.client()
    client.within(Deadline()).send([user("u1")])
    (first,) = sessions(world)
    for number in range(3):
        client.within(Deadline.after(60.0)).send([user(f"v{number}")])
    assert sessions(world) == {first}


def test_calls_at_once_have_a_session_each(world: World) -> None:
    client = world.client()
    client.send([user("u1")])
    with ThreadPoolExecutor(1) as threads:
        with world.holding("u1"):
            other = threads.submit(client.within(Deadline()).send, [user("u1", commits=4)])
            world.wait_until_a_session_waits()
            assert client.within(Deadline()).send([user("u2")]) == []
            assert len(sessions(world)) == 2
        assert other.result(20.0) == []


def test_a_client_writes_again_after_a_deadline_has_passed(world: World) -> None:
    client = world.client()
    client.send([user("u1")])
    late = client.within(Deadline.after(0.5))
    with world.holding("u1"), pytest.raises(UnavailableError):
        late.send([user("u1", commits=4)])
    with pytest.raises(DeadlineError):
        late.send([user("u1", commits=4)])
    assert client.within(Deadline()).send([user("u1", commits=5)]) == []
    assert world.rows()["u1"]["commits"] == 5


def test_a_session_that_the_server_ended_between_two_calls_is_replaced_without_a_failed_attempt(world: World) -> None:
    client = world.client()
    client.within(Deadline()).send([user("u1")])
    ended = sessions(world)
    world.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {OURS}")
    assert client.within(Deadline()).send([user("u2")]) == []
    assert sessions(world).isdisjoint(ended)
    assert world.waits == []


def test_a_connection_that_was_cut_between_two_calls_is_replaced(world: World) -> None:
    with Relay(world.server.url) as relay:
        client = world.client(url=Secret(relay.url))
        client.within(Deadline()).send([user("u1")])
        relay.cut()
        assert client.within(Deadline()).send([user("u2")]) == []
        assert relay.connections == 2
        client.close()
    assert world.rows().keys() == {"u1", "u2"}


def test_a_session_that_was_idle_for_more_than_a_minute_is_replaced(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A firewall may have forgotten its connection without telling either end."""
    now = [1000.0]
    monkeypatch.setattr("mixpanel_data.clients.idle.time", SimpleNamespace(monotonic=lambda: now[0]))
    client = world.client()
    client.within(Deadline()).send([user("u1")])
    (first,) = sessions(world)
    now[0] += 60.0
    client.within(Deadline()).send([user("u2")])
    assert sessions(world) == {first}
    now[0] += 61.0
    client.within(Deadline()).send([user("u3")])
    assert sessions(world).isdisjoint({first})


def test_a_client_writes_again_after_a_call_that_failed(world: World) -> None:
    client = world.client()
    world.execute(f"ALTER TABLE {TABLE} DROP COLUMN area")
    with pytest.raises(ConfigError, match="area"):
        client.within(Deadline()).send([user("u1")])
    world.execute(f"ALTER TABLE {TABLE} ADD COLUMN area text")
    assert client.within(Deadline()).send([user("u1")]) == []


def test_a_closed_client_has_no_session_and_can_be_used_again(world: World) -> None:
    client = world.client()
    bound = client.within(Deadline())
    bound.send([user("u1")])
    client.close()
    client.close()
    while sessions(world):
        pass
    assert bound.send([user("u2")]) == []
    assert len(sessions(world)) == 1
