"""The end of what other threads wait for: a read that stands still is not ended by a flag."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, InvalidStateError
from typing import Protocol, TypeVar

import urllib3

from mixpanel_data.base.deadline import Deadline

__all__ = ["Cancellation", "CancelledError", "bounded"]


class _Closable(Protocol):
    def close(self) -> None: ...


Result = TypeVar("Result", bound=_Closable)


class Cancellation:
    """Set once, by any thread, for good."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: list[Callable[[], object]] = []
        self._is_set = threading.Event()

    @property
    def is_set(self) -> bool:
        """Whether it was set."""
        return self._is_set.is_set()

    def wait(self, seconds: float) -> None:
        """Wait for so long, or until this is set."""
        self._is_set.wait(seconds)

    def set(self) -> None:
        """End what is waited for now, and whatever is begun later."""
        with self._lock:
            self._is_set.set()
            ends = [*self._ends]
        for end in ends:
            end()

    @contextlib.contextmanager
    def ending(self, end: Callable[[], object]) -> Iterator[None]:
        """Have `end` called, by another thread, if this is set while the block runs, or was before."""
        with self._lock:
            self._ends.append(end)
            was_set = self.is_set
        try:
            if was_set:
                end()
            yield
        finally:
            with self._lock:
                self._ends.remove(end)

    def result(self, call: Callable[[], Result], seconds: float) -> Result:
        """The call's result, or its error; raises CancelledError as soon as this is set, TimeoutError after `seconds`.

        The call has a thread of its own, for there is no way to reach a socket that waits for the first byte of an
        answer. What it returns too late is closed.
        """
        outcome: Future[Result] = Future()
        with self.ending(outcome.cancel):
            if not outcome.cancelled():
                threading.Thread(target=_settle, args=(outcome, call), name="request", daemon=True).start()
            try:
                return outcome.result(seconds)
            finally:
                # After its time, or Ctrl-C here, nobody takes the result.
                outcome.cancel()


@contextlib.contextmanager
def bounded(raw: urllib3.HTTPResponse, deadline: Deadline, cancellation: Cancellation) -> Iterator[None]:
    """End the reading of a body with the deadline and the cancellation, however it stands still: a socket's own timeout
    begins anew with every byte."""
    timer = threading.Timer(deadline.left(threading.TIMEOUT_MAX), _break_off, [raw])
    timer.daemon = True
    with cancellation.ending(lambda: _break_off(raw)):
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _break_off(raw: urllib3.HTTPResponse) -> None:
    """Wake the thread that reads; the connection may be gone already."""
    with contextlib.suppress(OSError, RuntimeError, ValueError):
        raw.shutdown()


def _settle(outcome: "Future[Result]", call: Callable[[], Result]) -> None:
    try:
        result = call()
    except BaseException as error:
        with contextlib.suppress(InvalidStateError):
            outcome.set_exception(error)
        return
    try:
        outcome.set_result(result)
    except InvalidStateError:
        result.close()
