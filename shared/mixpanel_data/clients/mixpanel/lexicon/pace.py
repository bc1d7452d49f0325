"""The pace at which the Lexicon takes requests: a limit on requests and one on names, in any minute."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

MOST_REQUESTS, MOST_NAMES = 5, 4_000
"""The most requests of an organisation in a minute, and the most events and properties that they change."""

# A second more than a minute: Mixpanel counts from the arrival of a request, which can be later than its departure.
_SPAN_SECONDS = 61.0


@dataclass(slots=True)
class Pace:
    """What was sent in the last minute. Threads can share it; `clock` is in seconds and never goes back."""

    clock: Callable[[], float] = monotonic
    _sent: deque[tuple[float, int]] = field(default_factory=deque, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def take(self, names: int) -> float:
        """Count a request that changes `names` names, and return 0; or return the seconds to wait before asking again.

        A request with more names than a minute allows has a minute of its own.
        """
        with self._lock:
            now = self.clock()
            while self._sent and self._sent[0][0] <= now - _SPAN_SECONDS:
                self._sent.popleft()
            if not self._sent or self._has_room(names):
                self._sent.append((now, names))
                return 0.0
            return self._sent[0][0] + _SPAN_SECONDS - now

    def _has_room(self, names: int) -> bool:
        is_too_many = sum(sent for _, sent in self._sent) + names > MOST_NAMES
        return len(self._sent) < MOST_REQUESTS and not (is_too_many and names)
