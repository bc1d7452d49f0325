"""Sockets that a test leaves open, and cannot close."""

from collections.abc import Callable

import pytest


def leaves_sockets_open(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that kills runs, which then close nothing, or whose client forgets to close a socket.

    The garbage is collected before the next test, which the warnings would be blamed on otherwise.
    """
    is_no_fault = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    collected = pytest.mark.usefixtures("garbage_collected")
    return is_no_fault(collected(test))  # type: ignore[no-any-return]
