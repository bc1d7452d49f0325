"""Questions to the person at the terminal, and reports of what was done."""

import getpass
import sys
from collections.abc import Callable
from functools import partial

from deploy.setup.errors import SetupError

Check = Callable[[str], str]
"""Returns the answer in its right form, or raises ValueError with a sentence about what it has to be."""


def say(text: str = "") -> None:
    """Report on standard output."""
    print(text, flush=True)


def warn(text: str) -> None:
    """Report on standard error."""
    print(text, file=sys.stderr, flush=True)


def ask(question: str, default: str, check: Check) -> str:
    """An answer that the check accepts; Enter means the default, if there is one. Raises SetupError at the end."""
    while True:
        shown = f"{question} [{default}]: " if default else f"{question}: "
        answer = _typed(partial(input, shown)) or default
        if not answer:
            continue
        try:
            return check(answer)
        except ValueError as error:
            say(f"  {error}")


def ask_secret(question: str, is_kept: bool) -> str:
    """A secret, read without echo; "" for Enter where one is kept already."""
    shown = f"{question} [keep the one in Secret Manager]: " if is_kept else f"{question} (it is not shown): "
    while True:
        answer = _typed(partial(getpass.getpass, shown))
        if answer or is_kept:
            return answer


def confirm(question: str, *, enter_means: bool) -> bool:
    """Whether the answer is yes; Enter means what is given."""
    answer = _typed(partial(input, f"{question} [{'Y/n' if enter_means else 'y/N'}] ")).lower()
    return answer in ("y", "yes") if answer else enter_means


def _typed(read: Callable[[], str]) -> str:
    try:
        return read().strip()
    except EOFError:
        say()
        raise SetupError("There was no answer. Run the same command again: what is answered is kept.") from None
