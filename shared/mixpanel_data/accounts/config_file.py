"""The file with the accounts on disk: private to its user, and replaced as a whole."""

import contextlib
import errno
import fcntl
import os
import shlex
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mixpanel_data.accounts.document import Accounts, others, parsed
from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.replacing import prepared
from mixpanel_data.configuration.environment.analyst_variables import MP_CONFIG_PATH

_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The file at this path. A missing one has no accounts; the first change makes it, and its folder."""

    path: Path

    def read(self) -> Accounts:
        """The accounts in the file.

        Raises ConfigError if a symbolic link or anything but a file is there, if other users may access it, or if its
        content is wrong.
        """
        content = self._content()
        return Accounts() if content is None else parsed(content, self.path)

    def change(self, change: Callable[[Accounts], Accounts]) -> None:
        """Replace the accounts in the file by what `change` returns for them, and keep the comments.

        Other processes and threads that change the file wait. After a kill or an error, the file has the old content or
        the new one. Raises ConfigError as `read` does and if the file cannot be written, and what `change` raises.
        """
        with self.changing(change) as keep:
            keep()

    @contextlib.contextmanager
    def changing(self, change: Callable[[Accounts], Accounts]) -> Iterator[Callable[[], None]]:
        """Prepare what `change` does; calling what is yielded does it. Raises what `change` raises."""
        with self._writing(), self._locked():
            content = self._content() or b""
            before = parsed(content, self.path)
            after = change(before)
            new = self._edited(content.decode(), before, after).encode()
            with prepared(self.path, new, is_private=True) as keep:
                yield keep

    def _edited(self, text: str, before: Accounts, after: Accounts) -> str:
        from mixpanel_data.accounts import edits

        # On unusual TOML, the editing library raises errors of any kind, or returns a wrong text without an error.
        with contextlib.suppress(Exception):
            new = edits.edited(text, before, after)
            if parsed(new.encode(), self.path) == after and self._keeps_others(text, new, after):
                return new
        raise ConfigError(
            f"{self.path} is written in a way that cannot be changed here. Write each account as a table of its own, "
            "[accounts.NAME]."
        )

    def _keeps_others(self, text: str, new: str, after: Accounts) -> bool:
        """Whether the new text still has what others keep in the file, except in an account that is removed."""
        old = others(text.encode(), self.path)
        kept = {keys: value for keys, value in old.items() if keys[0] != "accounts" or keys[1] in after.by_name}
        return others(new.encode(), self.path) == kept

    def _content(self) -> bytes | None:
        """What the file contains; None if it does not exist."""
        try:
            # Without O_NONBLOCK, opening a named pipe would wait for a writer.
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable(error) from error
        try:
            self._check(os.fstat(descriptor).st_mode)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read()
        except OSError as error:
            raise self._unreadable(error) from error
        finally:
            os.close(descriptor)

    def _check(self, mode: int) -> None:
        if not stat.S_ISREG(mode):
            raise ConfigError(f"{self.path} is not a file. Move it away, or set MP_CONFIG_PATH to another path.")
        if mode & _OTHERS:
            raise ConfigError(
                f"{self.path} contains secrets, but other users may access it (mode {stat.S_IMODE(mode):04o}). "
                f"Run: chmod 600 {shlex.quote(str(self.path))}"
            )

    def _unreadable(self, error: OSError) -> ConfigError:
        if error.errno == errno.ELOOP:
            return ConfigError(
                f"{self.path} is a symbolic link. Put the file itself there, or set MP_CONFIG_PATH to where it is."
            )
        return ConfigError(
            f"{self.path} cannot be read: {error.strerror}. Correct that, or set MP_CONFIG_PATH to another path."
        )

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Raise what the disk refuses as ConfigError."""
        try:
            yield
        except OSError as error:
            raise ConfigError(
                f"{self.path} cannot be written: {error.strerror}. "
                "Correct that, or set MP_CONFIG_PATH to a file in a folder that you can write to."
            ) from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes and threads from changing the file while the block runs; the lock lies beside it."""
        self._make_folder()
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        lock = os.open(self.path.with_name(f"{self.path.name}.lock"), flags, _PRIVATE_FILE)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _make_folder(self) -> None:
        folder = self.path.parent
        folder.mkdir(_PRIVATE_FOLDER, parents=True, exist_ok=True)
        # Whoever chose another folder, such as one that a deployment mounts, also chose its rights.
        if _is_default(self.path) and folder.stat().st_mode & _OTHERS:
            folder.chmod(_PRIVATE_FOLDER)


def _is_default(path: Path) -> bool:
    """Whether it is the default path of the file."""
    try:
        return path == MP_CONFIG_PATH.read({})
    except ConfigError:
        # Without a home folder there is no default path.
        return False
