"""The end of a read that blocks: only another thread can bring it about."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from mixpanel_data.base.deadline import Deadline


class Interruption:
    """Calls `interrupt` at most while it is armed.

    The lock is what a connection relies on that is used again: after `disarm` has returned, no thread is inside
    `interrupt` or will be, so an interruption that comes too late cannot hit the next user of the connection.
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

    A socket's own timeout does not serve: it starts anew with every byte, so a body that trickles would go on for ever.
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
