"""The manifest of an export: a small file beside the others that says what each of them holds."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from mixpanel_data.base.errors import RequestError

MANIFEST = "_export.json"
"""Its name; programs that read whole folders pass over names that begin with an underscore."""
_VERSION = 1


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file that is whole. `state` is that of its rows when they were read."""

    name: str
    day: date | None
    rows: int
    bytes: int
    state: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The settings that all files of an export have in common, and the files."""

    settings: Mapping[str, str]
    files: tuple[ExportedFile, ...] = ()

    def with_file(self, file: ExportedFile) -> "Manifest":
        """The same manifest with a file in place of an earlier one of its name."""
        others = [each for each in self.files if each.name != file.name]
        return replace(self, files=tuple(sorted([*others, file], key=lambda each: each.name)))

    def without(self, names: Iterable[str]) -> "Manifest":
        """The same manifest without these files."""
        gone = set(names)
        return replace(self, files=tuple(each for each in self.files if each.name not in gone))

    def text(self) -> bytes:
        """The content of the file."""
        files = [{**asdict(each), "day": each.day and str(each.day)} for each in self.files]
        content = {"version": _VERSION, "settings": dict(self.settings), "files": files}
        return json.dumps(content, indent=1, ensure_ascii=False).encode()


def parsed(text: bytes, place: str) -> Manifest:
    """The manifest that a file holds. Raises RequestError, naming the place, if it holds none."""
    try:
        content = json.loads(text)
        if content["version"] != _VERSION:
            raise ValueError("version")
        settings = {str(name): str(value) for name, value in content["settings"].items()}
        return Manifest(settings, tuple(map(_file, content["files"])))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RequestError(
            f"{place}/{MANIFEST} does not say what the folder holds. Export into another folder, or remove this one."
        ) from error


def _file(content: Mapping[str, Any]) -> ExportedFile:
    day = content["day"]
    return ExportedFile(
        str(content["name"]),
        None if day is None else date.fromisoformat(day),
        int(content["rows"]),
        int(content["bytes"]),
        str(content["state"]),
    )
