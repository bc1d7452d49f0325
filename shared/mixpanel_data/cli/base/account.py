"""The account and the project that the options of the running command choose."""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mixpanel_data.accounts.resolution import Choice

_CHOICE: ContextVar["Choice"] = ContextVar("choice")


@contextlib.contextmanager
def choosing(choice: "Choice") -> Iterator[None]:
    """Make this the choice of the command that the block runs."""
    token = _CHOICE.set(choice)
    try:
        yield
    finally:
        _CHOICE.reset(token)


def chosen() -> "Choice":
    """What --account and --project say, before or after the command's name."""
    from mixpanel_data.accounts.resolution import Choice

    return _CHOICE.get(Choice())
