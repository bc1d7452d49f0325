"""Named reports and segments, and the version of a definition."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, RootModel

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.configuration.base import Configuration, Name
from mixpanel_data.configuration.reports.definitions import AnyReport
from mixpanel_data.configuration.reports.segments import Segment, segments_named_in

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ .-]{0,199}")


def _saved_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("use at most 200 letters, digits, blanks, _, - and dots, starting with a letter or digit")
    return name


SavedName = Annotated[Name, AfterValidator(_saved_name)]


class SavedReports(RootModel[Mapping[SavedName, AnyReport]]):
    """The document in `config/reports.json`: definitions by name, mostly without days."""

    model_config = ConfigDict(frozen=True, strict=True)


class SavedSegments(RootModel[Mapping[SavedName, Segment]]):
    """The document in `config/segments.json`: segments by name."""

    model_config = ConfigDict(frozen=True, strict=True)


def definition_of(shape: Configuration) -> dict[str, object]:
    """A definition as JSON values, in its shortest form; the same shape reads it back."""
    found: dict[str, object] = shape.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {"report": shape.report, **found} if hasattr(shape, "report") else found


def version_of(shape: Configuration) -> str:
    """The version of a definition: the lower-case hex SHA-256 of its canonical JSON."""
    return _hash_of(definition_of(shape))


def version_of_members(ids: Iterable[str]) -> str:
    """The version of a frozen segment, which says exactly who is in it: that of `{"ids": [...]}`, sorted."""
    return _hash_of({"ids": sorted(ids)})


def _hash_of(document: Mapping[str, object]) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def check_names(segments: Mapping[str, Configuration], source: str) -> None:
    """Raise ConfigError for a saved segment that names an unknown one, or itself through others.

    A name with a version (`name@version`) is looked up when the segment is used.
    """
    checked: set[str] = set()
    for name in segments:
        _check(name, segments, source, (name,), checked)


def _check(
    name: str, segments: Mapping[str, Configuration], source: str, path: tuple[str, ...], checked: set[str]
) -> None:
    """Check a segment and those that it names; `checked` has those whose names lead to no circle, and gets this one."""
    if name in checked:
        return
    for other in segments_named_in(segments[name]):
        if "@" in other:
            continue
        if other not in segments:
            raise ConfigError(
                f"{source}: {name} names the segment {other!r}, which is not there. Add it, or correct it."
            )
        if other in path:
            circle = " → ".join([*path[path.index(other) :], other])
            raise ConfigError(f"{source}: segments name each other in a circle: {circle}. Take one out of it.")
        _check(other, segments, source, (*path, other), checked)
    checked.add(name)
