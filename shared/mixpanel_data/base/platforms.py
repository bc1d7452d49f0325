"""The operating systems that the package runs on."""

import sys

REFUSAL = "mixpanel-data runs on Linux and macOS, and not on Windows itself. Install it in WSL, Windows' Linux."


def refusal() -> str | None:
    """Why the package does not run here, and what to do; None where it runs."""
    # Jobs exclude each other by locks on files (fcntl), which Windows does not have.
    return REFUSAL if sys.platform == "win32" else None
