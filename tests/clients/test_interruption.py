"""Interruptions of a blocked read, which must never hit the next user of a connection."""

from __future__ import annotations

import threading

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.clients.interruption import Interruption, interrupted_at


def test_the_deadline_interrupts_a_block_that_is_running() -> None:
    interrupted = threading.Event()
    with interrupted_at(Deadline.after(0.01), interrupted.set) as interruption:
        assert interrupted.wait(20.0)
    assert interruption.has_fired


def test_a_deadline_after_the_block_interrupts_nothing() -> None:
    interrupted = threading.Event()
    with interrupted_at(Deadline.after(0.05), interrupted.set) as interruption:
        pass
    assert not interrupted.wait(0.2)
    assert not interruption.has_fired


def test_an_interruption_that_is_disarmed_does_not_fire() -> None:
    interrupted = threading.Event()
    interruption = Interruption(interrupted.set)
    interruption.disarm()
    interruption.fire()
    assert (interrupted.is_set(), interruption.has_fired) == (False, False)


def test_disarming_waits_for_an_interruption_that_is_under_way() -> None:
    is_under_way, may_end, is_disarmed = threading.Event(), threading.Event(), threading.Event()

    def interrupt() -> None:
        is_under_way.set()
        assert may_end.wait(20.0)

    def disarm() -> None:
        interruption.disarm()
        is_disarmed.set()

    interruption = Interruption(interrupt)
    threads = [threading.Thread(target=interruption.fire), threading.Thread(target=disarm)]
    threads[0].start()
    assert is_under_way.wait(20.0)
    threads[1].start()
    assert not is_disarmed.wait(0.1)
    may_end.set()
    assert is_disarmed.wait(20.0)
    for thread in threads:
        thread.join()
