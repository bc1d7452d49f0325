"""What tests leave open that is not theirs to close."""

from collections.abc import Callable

import pytest


def leaves_sockets_open(test: Callable[..., None]) -> Callable[..., None]:
    """Of a test in which runs are killed, who close nothing, or in which somebody's client forgets to.

    What is left is collected before the next test, which would be blamed for it.
    """
    is_no_fault = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    collected = pytest.mark.usefixtures("garbage_collected")
    return is_no_fault(collected(test))  # type: ignore[no-any-return]
