"""The folder of an export, on disk or in a bucket. A file is there as a whole or not at all."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mixpanel_data.base.errors import RequestError, UnavailableError, WarehouseBusyError
from mixpanel_data.warehouse.duckdb.errors import disk_errors
from mixpanel_data.warehouse.duckdb.folders import temporary_folder

if TYPE_CHECKING:
    from mixpanel_data.clients.google.bucket_folder import BucketFolder

_PARTIAL = ".partial"
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = frozenset('/\\%:*?"<>|')


class DiskFolder:
    """The folder of one table within the folder that a call names; it makes both, but none above them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        with self._errors():
            for folder in (self.path.parent, self.path):
                if not folder.is_dir():
                    folder.mkdir()
            lock = os.open(self.path, os.O_RDONLY)
        try:
            # The operating system lets go of the lock when the process ends, however it ends.
            self._lock(lock)
            self._remove_partial_files()
            yield
        finally:
            os.close(lock)

    def sizes(self) -> Mapping[str, int]:
        with self._errors():
            return {path.name: path.stat().st_size for path in self.path.iterdir()}

    def read(self, name: str) -> bytes | None:
        with self._errors():
            path = self.path / name
            return path.read_bytes() if path.exists() else None

    def write(self, name: str, content: bytes) -> None:
        with self.storing(name) as path, self._errors():
            path.write_bytes(content)

    @contextlib.contextmanager
    def storing(self, name: str) -> Iterator[Path]:
        partial = self.path / f".{name}{_PARTIAL}"
        with self._errors():
            try:
                # DuckDB would report a folder without write access as a fault of the disk.
                partial.write_bytes(b"")
                yield partial
                _make_durable(partial)
                partial.replace(self.path / name)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise

    def remove(self, name: str) -> None:
        with self._errors():
            (self.path / name).unlink(missing_ok=True)

    def _lock(self, folder: int) -> None:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WarehouseBusyError(
                f"Another export into {self.path} is running. Wait for its end, or export into another folder."
            ) from error

    def _remove_partial_files(self) -> None:
        with self._errors():
            for path in self.path.glob(f".*{_PARTIAL}"):
                path.unlink()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _DISK_FULL:
                raise UnavailableError(
                    f"{self.path} has no space left: {error.strerror}. Free some and export again; it goes on here."
                ) from error
            raise RequestError(
                f"The folder {error.filename or self.path} cannot be used: {error.strerror}. "
                "Give a folder that you can write to; a missing one is made where its own folder exists."
            ) from error


class RemoteFolder:
    """A folder of a bucket. An object appears with its last byte, and replaces the earlier one at once."""

    def __init__(self, bucket: "BucketFolder") -> None:
        self._bucket = bucket

    def __str__(self) -> str:
        return str(self._bucket)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        # A bucket has no folders and no locks. Of two exports, the last one's manifest stays, and the next call writes
        # the files again that it lacks.
        yield

    def sizes(self) -> Mapping[str, int]:
        return self._bucket.sizes()

    def read(self, name: str) -> bytes | None:
        return self._bucket.content(name)

    def write(self, name: str, content: bytes) -> None:
        with self.storing(name) as path:
            path.write_bytes(content)

    @contextlib.contextmanager
    def storing(self, name: str) -> Iterator[Path]:
        with temporary_folder() as folder:
            path = folder / "file"
            with disk_errors(path):
                yield path
            self._bucket.upload(name, path)

    def remove(self, name: str) -> None:
        self._bucket.remove(name)


def file_name(table: str) -> str:
    """A table's name as the name of a file or a folder, valid on any system; different names stay different."""
    text = "".join(f"%{ord(one):02X}" if one in _FORBIDDEN or ord(one) < 32 else one for one in table)
    # A name in `.` would be hidden or lead elsewhere, and programs that read whole folders pass over names in `_`.
    return f"%{ord(text[0]):02X}{text[1:]}" if text[:1] in (".", "_") else text


def _make_durable(path: Path) -> None:
    """Write the content to the disk before the name: otherwise a power cut could leave an empty file of that name."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
