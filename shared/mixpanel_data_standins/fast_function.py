"""`python -m mixpanel_data_standins.fast_function START AT SPEED …`: the functions framework by a `FastClock`.

What follows the clock are the arguments of the framework. The library asks `base.clock.utc_now` for the time and has no
other seam: replaced before any module of the library has taken the name, it is every job's clock. A deployed function
knows no such variable or parameter.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence

from mixpanel_data.base import clock
from mixpanel_data_standins.fast_clock import FastClock


def main(arguments: Sequence[str]) -> None:
    """Serve the function until a signal."""
    start, at, speed, *of_framework = arguments
    threading.Thread(target=_end_with_the_parent, name="parent", daemon=True).start()
    setattr(clock, clock.utc_now.__name__, FastClock.of(start, at, speed))
    from functions_framework._cli import _cli

    _cli(of_framework)


def _end_with_the_parent() -> None:
    """End this process and its workers once nobody holds the other end of stdin: the parent was killed."""
    # A buffered stream that waits in a thread makes Python abort when it ends.
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1:])
