"""`config/events_config.json`: what is there, and a new one with the events of a project."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mixpanel_data.base.errors import ConfigError, listed
from mixpanel_data.base.replacing import prepared
from mixpanel_data.configuration.base import parsed
from mixpanel_data.configuration.events import EventsConfig

_EVERY = "*"
_MOST_NAMES = 100
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class EventsFile:
    """The file at this path, which need not exist."""

    path: Path

    @property
    def is_there(self) -> bool:
        """Whether something is at the path."""
        return self.path.exists()

    def names(self) -> Sequence[str]:
        """The names of its entries. Raises ConfigError if it is wrong."""
        return [event.name for event in parsed(EventsConfig, self._content(), str(self.path)).events]

    def described(self) -> str:
        """What is there, in words: its events, or what is wrong with it."""
        try:
            names = self.names()
        except ConfigError as error:
            return str(error)
        return f"{self.path} has {len(names)} {'entry' if len(names) == 1 else 'entries'}: {listed(names)}."

    @contextlib.contextmanager
    def writing(self, names: Sequence[str]) -> Iterator[Callable[[], None]]:
        """Prepare a file with these entries; calling what is yielded puts it in place of what is there.

        A missing folder is made, and goes again if nothing is put there. One process at a time. Raises ConfigError.
        """
        entries = ",\n".join(f"    {json.dumps({'name': name}, ensure_ascii=False)}" for name in names)
        text = f'{{\n  "events": [\n{entries}\n  ]\n}}\n'
        parsed(EventsConfig, text, str(self.path))
        with contextlib.ExitStack() as stack:
            with self._refusing():
                stack.enter_context(_folder(self.path.parent))
                put = stack.enter_context(prepared(self.path, text.encode(), is_private=False))

            def keep() -> None:
                with self._refusing():
                    put()

            yield keep

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        """Raise what the disk refuses as ConfigError."""
        try:
            yield
        except OSError as error:
            raise ConfigError(f"{self.path} cannot be written: {error.strerror}. Correct that.") from error

    def _content(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise ConfigError(f"{self.path} cannot be read: {error.strerror}.") from error


@contextlib.contextmanager
def _folder(path: Path) -> Iterator[None]:
    """Make a folder for the block; where it was not there, it stays only if something is in it."""
    is_new = not path.exists()
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        if is_new:
            with contextlib.suppress(OSError):
                path.rmdir()


def entries_for(names: Sequence[str]) -> Sequence[str]:
    """The names of the entries for the events that a project has: these, and `*`; `*` alone for very many or none.

    With `*`, what a project sends for the first time is collected and watched, too. Names that an entry cannot have are
    left to it.
    """
    fit = [name for name in dict.fromkeys(names) if name != _EVERY and _is_fit(name)]
    return [*fit, _EVERY] if len(fit) <= _MOST_NAMES else [_EVERY]


def _is_fit(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return 0 < len(name) <= _LONGEST_NAME
