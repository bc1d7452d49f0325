"""One question on a terminal. It goes to stderr, so that stdout has the data alone."""

import getpass
import sys
from collections.abc import Callable, Sequence

import typer

from mixpanel_data.base.errors import RequestError
from mixpanel_data.base.secret import Secret
from mixpanel_data.base.visible_text import visible_lines

MOST_TRIES = 3
"""How often a question is asked whose answers are wrong."""


def can_be_asked() -> bool:
    """Whether somebody is there who sees a question and can answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def introduced() -> None:
    """Say how to answer."""
    sys.stderr.write("Enter accepts the value in [brackets]. Nothing is written before the last answer.\n\n")


def text(question: str, default: str | None, fault: Callable[[str], str | None]) -> str:
    """The answer; an empty one means the default. `fault` says in sentences what is wrong with an answer.

    Raises RequestError for the last wrong one, and Abort at the end of the input.
    """
    shown = f"{question} [{default}]: " if default else f"{question}: "
    return _asked(lambda: _line(shown) or default or "", fault)


def secret(question: str, kept: Secret | None, fault: Callable[[str], str | None]) -> Secret:
    """The secret, which the terminal does not show; an empty answer means the one that is kept. Raises as `text`."""
    shown = f"{question} (not shown; Enter keeps it)" if kept else f"{question} (not shown)"
    default = kept.reveal() if kept else ""
    return Secret(_asked(lambda: hidden(shown) or default, fault))


def hidden(question: str) -> str:
    """The answer, which the terminal does not show. Raises Abort at the end of the input."""
    try:
        return getpass.getpass(f"{visible_lines(question)}: ", sys.stderr).strip()
    except EOFError as error:
        raise typer.Abort from error
    except UnicodeDecodeError as error:
        raise RequestError("What was typed is not UTF-8 text.") from error


def choice(question: str, choices: Sequence[str], default: str) -> str:
    """One of these, of which the beginning will do. Raises as `text` does."""

    def chosen(answer: str) -> list[str]:
        return [each for each in choices if each.startswith(answer.lower())]

    def fault(answer: str) -> str | None:
        return None if len(chosen(answer)) == 1 else f"{answer!r} is none of them. Give {' or '.join(choices)}."

    return chosen(text(f"{question}, {' or '.join(choices)}", default, fault))[0]


def is_agreed(question: str) -> bool:
    """Whether the answer is yes; an empty one means no. Raises as `text` does."""
    return choice(question, ("yes", "no"), "no") == "yes"


def _asked(ask: Callable[[], str], fault: Callable[[str], str | None]) -> str:
    for tries_left in reversed(range(MOST_TRIES)):
        answer = ask()
        wrong = fault(answer)
        if wrong is None:
            return answer
        if tries_left == 0:
            raise RequestError(wrong)
        sys.stderr.write(f"{visible_lines(wrong)}\n")
    raise AssertionError


def _line(shown: str) -> str:
    """A line as it is typed, without white space around it."""
    sys.stderr.write(visible_lines(shown))
    sys.stderr.flush()
    try:
        line = sys.stdin.readline()
    except UnicodeDecodeError as error:
        raise RequestError("What was typed is not UTF-8 text.") from error
    if not line:
        sys.stderr.write("\n")
        raise typer.Abort
    return line.strip()
