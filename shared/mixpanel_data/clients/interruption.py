"""Ending a read that blocks, which only another thread can do."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from mixpanel_data.base.deadline import Deadline


class Interruption:
    """Calls `interrupt` when it is fired, as long as it is armed.

    A connection can be used again because of the lock: once `disarm` has returned, no thread runs `interrupt` or will
    run it. So an interruption that comes too late cannot hit the next user of the connection.
    """

    def __init__(self, interrupt: Callable[[], object]) -> None:
        self._lock = threading.Lock()
        self._interrupt = interrupt
        self._is_armed = True
        self.has_fired = False

    def fire(self) -> None:
        """Interrupt, unless it is disarmed."""
        with self._lock:
            if self._is_armed:
                self.has_fired = True
                self._interrupt()

    def disarm(self) -> None:
        """Make `fire` do nothing from now on."""
        with self._lock:
            self._is_armed = False


@contextlib.contextmanager
def interrupted_at(deadline: Deadline, interrupt: Callable[[], object]) -> Iterator[Interruption]:
    """Call `interrupt` from another thread if the deadline passes while the block runs, and never after it.

    A socket's own timeout would not do: it starts anew with every byte, so a trickling body could last for ever.
    """
    interruption = Interruption(interrupt)
    timer = threading.Timer(deadline.left(threading.TIMEOUT_MAX), interruption.fire)
    timer.daemon = True
    timer.start()
    try:
        yield interruption
    finally:
        timer.cancel()
        interruption.disarm()
