"""stdin, stdout and stderr, which a shell can close, and a reader can leave; and what stdout cannot write."""

import codecs
import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from typing import TextIO

CLOSED = 141
"""The exit code when whoever read stdout has gone, as a shell shows it for other programs: 128 + SIGPIPE."""


class OutputClosedError(Exception):
    """Nobody reads the output any more, such as after `| head -1`."""


_ESCAPES = "mixpanel_data.json_escapes"
_ASCII_FORMS = dict(zip("─━│┤└╭╮╰╯█▉▊▋▌▍▎▏░▒▓▁▂▃▄▅▆▇·–…→✔✘✗", "--||+++++###==---.:%__-==##.-.>+xx", strict=True))
"""What stands for the marks of tables and drawings where the encoding of stdout lacks them, each as wide."""


def open_closed() -> None:
    """Lead streams that the shell closed (`>&-`) to nowhere, before a file that is opened takes their number.

    What the encoding of stdout lacks, such as that of a POSIX locale, is written as an escape of JSON.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # It stays open for as long as the process runs.
            setattr(sys, name, open(os.open(os.devnull, os.O_RDWR), "r" if number == 0 else "w"))  # noqa: PTH123, SIM115
    codecs.register_error(_ESCAPES, _escaped)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors=_ESCAPES)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Half a UTF-16 pair too, which no encoding can write: JSON reads its escape as the same half."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4)), error.end


def width_of_terminal() -> int | None:
    """How many columns stdout has; None for a file or a program, where text that is cut could not be searched."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def write_drawing(text: str) -> None:
    """Write a table or a drawing to stdout, with ASCII forms of the marks that its encoding lacks."""
    sys.stdout.write(text if can_write(sys.stdout, text) else "".join(map(_form, text)))


def can_write(stream: TextIO, text: str) -> bool:
    """Whether the encoding of a stream has every character of a text."""
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _form(character: str) -> str:
    is_right = character not in _ASCII_FORMS or can_write(sys.stdout, character)
    return character if is_right else _ASCII_FORMS[character]


@contextlib.contextmanager
def broken_pipe_told() -> Iterator[None]:
    """Raise OutputClosedError for a pipe that nobody reads any more; Typer would end the process for it."""
    try:
        yield
    except BrokenPipeError as error:
        raise OutputClosedError from error


def flush() -> None:
    """Write what stdout still holds. Raises OutputClosedError, and OSError for a full disk."""
    with broken_pipe_told():
        sys.stdout.flush()


def discard() -> None:
    """Throw away what stdout still holds, which Python would try to write again when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
