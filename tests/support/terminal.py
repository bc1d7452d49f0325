"""The other end of a terminal that a test holds."""

import os
import select

_SILENT_SECONDS = 60.0


def read_until_closed(terminal: int) -> bytes:
    """Return what a program writes to the terminal until it closes its end; this end is closed then, too.

    Fails if the program neither writes nor ends for a minute.
    """
    seen = b""
    while True:
        assert select.select([terminal], [], [], _SILENT_SECONDS)[0], (
            f"nothing follows:\n{seen.decode(errors='replace')}"
        )
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            chunk = b""
        if not chunk:
            os.close(terminal)
            return seen
        seen += chunk
