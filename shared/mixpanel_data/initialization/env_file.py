"""`.env`: variables that are put into it, beside what is there."""

import contextlib
import io
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.replacing import alone, prepared
from mixpanel_data.initialization.quoting import quoted

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_QUOTED = r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\""""
_LINE = (
    r"(?P<head>\s*(?:export[^\S\r\n]+)?'?{name}'?[^\S\r\n]*(?:=[^\S\r\n]*)?)"
    rf"(?P<value>{_QUOTED.replace('{', '{{')}|[^\r\n]*?)"
    r"(?P<tail>(?:[^\S\r\n]+#[^\r\n]*)?[^\S\r\n]*(?:\r\n|\n|\r)?)"
)


@dataclass(frozen=True, slots=True)
class EnvFile:
    """The file at this path; where a symbolic link is there, the file that it leads to. It need not exist."""

    path: Path = Path(".env")

    def values(self) -> Mapping[str, str]:
        """The variables in it, as a process reads them that has no others. Raises ConfigError."""
        return _values(self._text() or "", self.path)

    def change(self, values: Mapping[str, str]) -> bool:
        """Set these variables, each in its place, the new ones at the end; return whether the file changed.

        All else stays, letter by letter. Afterwards only its user can read the file. After a kill or an error, it has
        the old content or the new one. Raises ConfigError.
        """
        with self.alone(), self.changing(values) as keep:
            return keep()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others from changing the file while the block runs. Raises ConfigError."""
        with contextlib.ExitStack() as stack:
            with self._writing():
                stack.enter_context(alone(self.path.resolve().parent))
            yield

    @contextlib.contextmanager
    def changing(self, values: Mapping[str, str]) -> Iterator[Callable[[], bool]]:
        """Prepare what `change` does, within `alone`; calling what is yielded does it. Raises ConfigError."""
        target = self.path.resolve()
        text = self._text()
        changed = _changed(text or "", values, self.path)
        with contextlib.ExitStack() as stack:
            with self._writing():
                is_right = changed == text and not target.stat().st_mode & _OTHERS
                put = None if is_right else stack.enter_context(prepared(target, changed.encode(), is_private=True))

            def keep() -> bool:
                if put is not None:
                    with self._writing():
                        put()
                return put is not None

            yield keep

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Raise what the disk refuses as ConfigError."""
        try:
            yield
        except OSError as error:
            raise ConfigError(
                f"{self.path} cannot be written: {error.strerror}. Correct that, or work in another folder."
            ) from error

    def _text(self) -> str | None:
        """The file's text with its line ends; None if there is no file."""
        try:
            # Without O_NONBLOCK, opening a named pipe would wait for a writer.
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigError(f"{self.path} cannot be read: {error.strerror}. Correct that.") from error
        try:
            # A stream cannot be made of a folder.
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ConfigError(f"{self.path} is not a file. Move it away.")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read().decode()
        except UnicodeDecodeError as error:
            raise ConfigError(f"{self.path} is not UTF-8 text. Write it anew, one NAME=value per line.") from error
        finally:
            os.close(descriptor)


def _changed(text: str, values: Mapping[str, str], path: Path) -> str:
    """The text with these variables. Raises ConfigError for one that cannot be changed line by line."""
    for name, value in values.items():
        _check(name, value)
    new = "".join(_lines(text, values))
    if _raw(new, without=values) != _raw(text, without=values) or not _has(new, values, path):
        raise ConfigError(
            f"{path} cannot be changed, because some line of it cannot be read. Look for a quote that is not closed, "
            "and correct it."
        )
    return new


def _check(name: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ConfigError(f"{name} is not UTF-8 text. Give it again.") from error


def _lines(text: str, values: Mapping[str, str]) -> Iterator[str]:
    """The text's pieces, each variable's with its new value, and the new variables behind them."""
    end = "\r\n" if "\r\n" in text else "\n"
    last = end
    missing = dict(values)
    for name, piece in _pieces(text):
        last = _replaced(piece, name, values[name]) if name is not None and name in values else piece
        missing.pop(name or "", None)
        yield last
    if missing and not last.endswith(("\n", "\r")):
        yield end
    yield from (f"{name}={quoted(value)}{end}" for name, value in missing.items())


def _replaced(piece: str, name: str, value: str) -> str:
    found = re.fullmatch(_LINE.format(name=re.escape(name)), piece, re.DOTALL)
    if found is None:
        return piece
    head = found["head"] if "=" in found["head"] else f"{found['head'].rstrip()}="
    # Behind spaces, an empty value and a comment look alike to python-dotenv, but not one that begins with #.
    return f"{head.rstrip(' ')}{quoted(value)}{found['tail']}"


def _pieces(text: str) -> Iterator[tuple[str | None, str]]:
    """What python-dotenv reads one by one: each variable's name, None for a comment, and the text with its line end."""
    from dotenv.parser import parse_stream

    # Without this, a text stream turns each line end into one of its own.
    yield from ((each.key, each.original.string) for each in parse_stream(io.StringIO(text, newline="")))


def _raw(text: str, without: Mapping[str, str]) -> Sequence[tuple[str | None, str | None]]:
    """The variables but these, in their order, before one is put into another."""
    from dotenv.parser import parse_stream

    read = [(each.key, each.value) for each in parse_stream(io.StringIO(text, newline=""))]
    return [(name, value) for name, value in read if name is not None and name not in without]


def _has(text: str, values: Mapping[str, str], path: Path) -> bool:
    found = _values(text, path)
    return all(found.get(name) == value for name, value in values.items())


def _values(text: str, path: Path) -> Mapping[str, str]:
    from dotenv import dotenv_values

    try:
        return {name: value or "" for name, value in dotenv_values(stream=io.StringIO(text, newline=None)).items()}
    except ValueError as error:
        raise ConfigError(f"{path} cannot be read: {error}. Write it anew, one NAME=value per line.") from error
