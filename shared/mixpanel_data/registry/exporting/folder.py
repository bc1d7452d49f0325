"""The folder of exported files, and the manifest of those in it that are ours.

A file is replaced atomically, and only if its content changes. The manifest names a file before it is written, so that
a later export knows it for ours even if this one ends in between.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from mixpanel_data.base.errors import RequestError
from mixpanel_data.registry.exporting.file_names import is_file_name

MANIFEST = "mixpanel-schemas.json"
"""Lists the files of a folder that an export has written, with the SHA-256 of each.

The hash is empty while the file is being written.
"""


class ExportFolder:
    """One export into a folder, which is made if it is missing; a context manager, and its end removes what is gone.

    An export that fails removes nothing. `written` and `removed` count files. Raises RequestError for a folder that
    cannot be one, or whose manifest cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.written = self.removed = 0
        self._known: dict[str, str] = {}
        self._current: dict[str, str] = {}

    def __enter__(self) -> "ExportFolder":
        with _refusing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._known = _manifest(self._folder / MANIFEST)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            with _refusing(self._folder):
                self._remove_others()
                self._write_manifest(self._current)

    def write(self, contents: Mapping[str, bytes]) -> None:
        """Write these files, by name, where their content differs from what is there."""
        with _refusing(self._folder):
            changed = {name: content for name, content in contents.items() if self._differs(name, content)}
            if changed:
                self._known |= dict.fromkeys(changed, "")
                self._write_manifest(self._known)
            for name, content in changed.items():
                _replace(self._folder / name, content)
                self.written += 1
            self._current |= {name: _digest(content) for name, content in contents.items()}

    def _differs(self, name: str, content: bytes) -> bool:
        path = self._folder / name
        return not path.is_file() or path.read_bytes() != content

    def _remove_others(self) -> None:
        """Remove our files of earlier exports that this one has not; not those that somebody has changed since."""
        for name in sorted(self._known.keys() - self._current.keys()):
            path = self._folder / name
            if path.is_file() and self._known[name] in ("", _digest(path.read_bytes())):
                path.unlink()
                self.removed += 1

    def _write_manifest(self, files: Mapping[str, str]) -> None:
        content = (json.dumps({"files": dict(sorted(files.items()))}, indent=2) + "\n").encode()
        if self._differs(MANIFEST, content):
            _replace(self._folder / MANIFEST, content)


def _manifest(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    with contextlib.suppress(ValueError, RecursionError, TypeError, KeyError, AttributeError):
        files = json.loads(path.read_bytes())["files"]
        if all(is_file_name(name) and isinstance(digest, str) for name, digest in files.items()):
            return dict(files)
    raise RequestError(
        f"{path} is not a manifest written by an export, so the exported files cannot be identified. "
        "Give another folder, or remove that file: files of events that no longer exist will then stay."
    )


def replace_file(path: Path, content: bytes) -> None:
    """Write a file atomically: a partial file is never visible under its name. Raises RequestError if it cannot be."""
    with _refusing(path.parent):
        _replace(path, content)


def _replace(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.write_bytes(content)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


@contextlib.contextmanager
def _refusing(folder: Path) -> Iterator[None]:
    """Raise what the system says about files as ours, naming the folder."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise RequestError(f"{folder} cannot be used: {reason}. Give a folder that you may read and write.") from error
