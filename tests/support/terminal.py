"""The other end of a terminal that a test holds."""

import os


def read_until_closed(terminal: int) -> bytes:
    """Return what a program writes to the terminal until it closes its end; this end is closed then, too."""
    seen = b""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            chunk = b""
        if not chunk:
            os.close(terminal)
            return seen
        seen += chunk
