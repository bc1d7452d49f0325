"""The cancellation of a call, by any thread and at any time."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, InvalidStateError
from typing import Protocol, TypeVar

__all__ = ["Cancellation", "CancelledError"]


class _Closable(Protocol):
    def close(self) -> None: ...


Result = TypeVar("Result", bound=_Closable)


class Cancellation:
    """A flag that is set once and for good. Setting it ends the waits of other threads, which a bare flag could not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._interrupts: list[Callable[[], object]] = []
        self._is_set = threading.Event()

    @property
    def is_set(self) -> bool:
        """True once the call is cancelled."""
        return self._is_set.is_set()

    def wait(self, seconds: float) -> None:
        """Wait for that long, or until the call is cancelled."""
        self._is_set.wait(seconds)

    def set(self) -> None:
        """Cancel the call: end its waits, those of now and those that start later."""
        with self._lock:
            self._is_set.set()
            interrupts = [*self._interrupts]
        for interrupt in interrupts:
            interrupt()

    @contextlib.contextmanager
    def interrupting(self, interrupt: Callable[[], object]) -> Iterator[None]:
        """Call `interrupt` if the call is cancelled while the block runs, or was cancelled before.

        Another thread may still be about to call it when the block has ended.
        """
        with self._lock:
            self._interrupts.append(interrupt)
            was_set = self.is_set
        try:
            if was_set:
                interrupt()
            yield
        finally:
            with self._lock:
                self._interrupts.remove(interrupt)

    def result(self, request: Callable[[], Result], seconds: float) -> Result:
        """Return the result of the request, or raise its error.

        Raises CancelledError as soon as the call is cancelled, and TimeoutError after `seconds`. The request runs in a
        thread of its own, because nothing can reach a socket that waits for the first byte of an answer. A result that
        comes too late is closed.
        """
        outcome: Future[Result] = Future()
        with self.interrupting(outcome.cancel):
            if not outcome.cancelled():
                threading.Thread(target=_settle, args=(outcome, request), name="request", daemon=True).start()
            try:
                return outcome.result(seconds)
            finally:
                # Nobody takes the result after a timeout, or after Ctrl-C in this thread.
                outcome.cancel()


def _settle(outcome: "Future[Result]", request: Callable[[], Result]) -> None:
    try:
        result = request()
    except BaseException as error:
        with contextlib.suppress(InvalidStateError):
            outcome.set_exception(error)
        return
    try:
        outcome.set_result(result)
    except InvalidStateError:
        result.close()
