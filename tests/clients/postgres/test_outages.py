"""Sessions that end, servers that stop, rows that are locked."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from clients.postgres.database import OURS, TABLE, World, user
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import DeadlineError, UnavailableError


def cut_by(world: World, how_often: int) -> None:
    """Have the server end the session that writes u2, this many times."""
    world.execute("CREATE SEQUENCE cuts")
    world.execute(
        "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
        f" IF NEW.distinct_id = 'u2' AND nextval('{world.schema}.cuts') <= {how_often} THEN"
        " PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NEW; END$$"
    )
    world.execute(f"CREATE TRIGGER cut BEFORE INSERT ON {TABLE} FOR EACH ROW EXECUTE FUNCTION cut()")


def test_a_batch_whose_session_ends_in_the_middle_is_sent_again(world: World) -> None:
    cut_by(world, 1)
    users = [user(f"u{number}") for number in range(5)]
    assert world.target().send(users) == []
    assert len(world.rows()) == 5
    assert len(world.waits) == 1


def test_a_batch_that_is_cut_off_leaves_no_row(world: World) -> None:
    cut_by(world, 99)
    target = world.target()
    assert target.send([user("u9")]) == []
    with pytest.raises(UnavailableError, match="terminating connection"):
        target.send([user(f"u{number}") for number in range(5)])
    assert world.rows().keys() == {"u9"}
    assert len(world.waits) == 4


def test_a_session_that_ended_between_two_batches_is_replaced(world: World) -> None:
    target = world.target()
    target.send([user("u1")])
    world.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {OURS}")
    assert target.send([user("u2")]) == []
    assert world.rows().keys() == {"u1", "u2"}


def test_a_batch_is_sent_again_when_a_server_that_stopped_is_back(world: World) -> None:
    if world.server.folder is None:
        pytest.skip("the server that TEST_POSTGRES_URL names is not ours to stop")
    is_stopped, is_back = threading.Event(), list[float]()

    def wait(seconds: float) -> None:
        if not is_back:
            # The sessions end before the server has let go of its folder.
            assert is_stopped.wait(60.0)
            world.server.start()
        is_back.append(seconds)

    users = [user(f"u{number}") for number in range(500)]
    target = world.target(sleep=wait)
    target.send(users[:250])
    with world.holding("u7"):
        sending = threading.Thread(target=target.send, args=[[{**one, "commits": 4} for one in users]])
        sending.start()
        world.wait_until_a_session_waits()
        world.server.stop()
        is_stopped.set()
    sending.join(60.0)
    assert is_back
    world.admin.close()
    world.admin = world.connect()
    assert {row["commits"] for row in world.rows().values()} == {4}
    assert len(world.rows()) == 500


def test_two_calls_that_write_the_same_users_in_other_orders_do_not_lock_each_other_out(world: World) -> None:
    users = [user(f"u{number:03}") for number in range(100)]
    errors: list[BaseException] = []

    def send(order: int, commits: int) -> None:
        target = world.target()
        try:
            target.send([{**one, "commits": commits} for one in users[::order]])
        except BaseException as error:
            errors.append(error)
        target.close()

    for commits in range(5):
        threads = [threading.Thread(target=send, args=[order, commits]) for order in (1, -1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {row["commits"] for row in world.rows().values()} == {commits}
    assert (errors, world.waits) == ([], [])


def test_a_locked_row_is_waited_for_until_the_deadline(world: World) -> None:
    target = world.target()
    target.send([user("u1")])
    with world.holding("u1"), pytest.raises(UnavailableError, match=r"timeout|closed|lost"):
        target.within(Deadline.after(0.5)).send([user("u1", commits=4)])
    assert target.within(Deadline()).send([user("u1", commits=5)]) == []
    assert world.rows()["u1"]["commits"] == 5


def test_a_session_that_stands_still_is_left_at_the_deadline(world: World) -> None:
    if world.server.folder is None:
        pytest.skip("the server that TEST_POSTGRES_URL names is not ours to stop")
    target = world.target()
    target.send([user("u1")])
    (session,) = world.execute(f"SELECT pid FROM pg_stat_activity WHERE {OURS}")
    os.kill(session["pid"], signal.SIGSTOP)
    try:
        with pytest.raises(UnavailableError):
            target.within(Deadline.after(0.5)).send([user("u1", commits=4)])
    finally:
        os.kill(session["pid"], signal.SIGCONT)


def test_after_the_deadline_nothing_is_written(world: World) -> None:
    target = world.target(deadline=Deadline.after(0.0))
    with pytest.raises(DeadlineError):
        target.send([user("u1")])
    assert world.rows() == {}
