"""The named segments that a call can use: those of the configuration, and the versions that a warehouse keeps."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain

from pydantic import TypeAdapter, ValidationError

from mixpanel_data.base.errors import ConfigError, NotFoundError, RequestError
from mixpanel_data.clients.config_files import is_given
from mixpanel_data.configuration.base import Configuration, complaints
from mixpanel_data.configuration.reports.choices import By
from mixpanel_data.configuration.reports.saved import definition_of, version_of
from mixpanel_data.configuration.reports.segments import Named, Segment, parts_of, segments_named_in
from mixpanel_data.configuration.settings import Settings
from mixpanel_data.reports.relations.asking import Frozen, Saved
from mixpanel_data.reports.versions.versions import Kind, Version, kept_versions
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.workspace.reporting.saved import place_of, saved_segments, unknown
from mixpanel_data.workspace.results.segments import SHORT

_PREFIX = re.compile(r"[0-9a-f]{8,64}")
_SEGMENT: TypeAdapter[Configuration] = TypeAdapter(Segment)
_MOST_LISTED = 12
_MOST_CONDITIONS, _MOST_LEVELS = 200, 40
_NEVER = datetime.min.replace(tzinfo=UTC)
_Key = tuple[str, str, Kind]


class KnownSegments:
    """Named segments by `name`, as the configuration has them, or by `name@version`.

    A version is the whole SHA-256 or as many of its first digits, 8 at least, as tell it from the others. Reads the
    configuration and the tables when it is first asked for something that is there.
    """

    def __init__(self, settings: Settings, warehouses: Sequence[Warehouse]) -> None:
        self._settings = settings
        self._warehouses = warehouses

    @cached_property
    def configured(self) -> dict[str, Version]:
        """The segments of the configuration, by name. Raises ConfigError, naming entry and field."""
        segments = saved_segments(self._settings)
        return {
            name: Version(name, version_of(segment), Kind.DYNAMIC, definition_of(segment))
            for name, segment in sorted(segments.items())
        }

    @cached_property
    def kept(self) -> dict[_Key, Version]:
        """The versions that the tables have, the newest first. Raises what the warehouses raise."""
        each = chain.from_iterable(map(kept_versions, self._warehouses))
        newest = sorted(each, key=lambda version: version.saved_at or _NEVER, reverse=True)
        found: dict[_Key, Version] = {}
        for version in newest:
            found.setdefault(version.key, version)
        return found

    def all(self) -> list[Version]:
        """All versions, by name and the newest first; of each name that of the configuration first.

        Raises as `configured` and `kept` do; a configuration that does not exist has no segments.
        """
        current = [self.kept.get(version.key, version) for version in self._configured_or_none().values()]
        found = {version.key: version for version in [*current, *self.kept.values()]}
        return sorted(found.values(), key=lambda version: version.name)

    def is_current(self, version: Version) -> bool:
        """Whether this is what the configuration has."""
        current = self._configured_or_none().get(version.name)
        return current is not None and current.key == version.key

    def found(self, text: str) -> Version:
        """The version that `name` or `name@version` means.

        Raises NotFoundError with the nearest names or with the versions that there are, RequestError for a version that
        is too short or means several, and as `configured` and `kept` do.
        """
        name, separator, digits = text.partition("@")
        if separator:
            return self._version(name, digits)
        if name not in self.configured:
            raise NotFoundError(unknown("segment", name, self.configured, self._settings.segments_config))
        return self.configured[name]

    def used_by(self, segments: Iterable[Configuration]) -> dict[str, Version]:
        """The versions that definitions name, themselves and through others, by the names that they use.

        Raises as `found` does, ConfigError for segments that name each other in a circle, and RequestError for one that
        has more than 200 conditions with those that it names, or is nested more than 40 levels deep with them.
        """
        used: dict[str, Version] = {}
        for segment in segments:
            self._follow(segment, (), used)
            _check_size(segment, used)
        return used

    def missing(self, versions: Iterable[Version]) -> list[Version]:
        """Those of the versions that the tables do not have yet, each once. Raises as `kept` does."""
        return [version for key, version in {each.key: each for each in versions}.items() if key not in self.kept]

    def _follow(self, segment: Configuration, path: tuple[tuple[str, Version], ...], used: dict[str, Version]) -> None:
        for text in segments_named_in(segment):
            version = used.get(text) or self.found(text)
            self._check_circle(text, version, path)
            if text not in used:
                used[text] = version
                if version.kind is Kind.DYNAMIC:
                    self._follow(definition_in(version), (*path, (text, version)), used)

    def _check_circle(self, text: str, version: Version, path: tuple[tuple[str, Version], ...]) -> None:
        for position, (_, other) in enumerate(path):
            if other.key == version.key:
                circle = " → ".join([*(passed for passed, _ in path[position:]), text])
                raise ConfigError(
                    f"{place_of(self._settings.segments_config)}: segments name each other in a circle: {circle}. "
                    "Take one out of it."
                )

    def _version(self, name: str, digits: str) -> Version:
        if not _PREFIX.fullmatch(digits):
            raise RequestError(
                f"{name}@{digits} names no version. Give the first 8 of its digits or more, 0 to 9 and a to f."
            )
        # The frozen one of two with the same hash: it has the same users, and they are known.
        frozen_last = sorted(self._versions_of(name), key=lambda version: version.kind is Kind.FROZEN)
        fitting = {each.version: each for each in frozen_last if each.version.startswith(digits)}
        if not fitting:
            raise NotFoundError(f"There is no version {name}@{digits}. {self._hint(name)}")
        if len(fitting) > 1:
            shown = ", ".join(sorted(fitting))
            raise RequestError(f"{name}@{digits} means {len(fitting)} versions: {shown}. Give more digits.")
        return next(iter(fitting.values()))

    def _versions_of(self, name: str) -> list[Version]:
        return [version for version in self.all() if version.name == name]

    def _hint(self, name: str) -> str:
        found = [_shown(version) for version in self._versions_of(name)]
        if not found:
            names = dict.fromkeys(version.name for version in self.all())
            return unknown("segment", name, names, self._settings.segments_config)
        more = f" and {len(found) - _MOST_LISTED} more" if len(found) > _MOST_LISTED else ""
        return f"There are {', '.join(found[:_MOST_LISTED])}{more}."

    def _configured_or_none(self) -> Mapping[str, Version]:
        return self.configured if is_given(self._settings.segments_config) else {}


def definition_in(version: Version) -> Configuration:
    """The definition of a dynamic version. Raises ConfigError for one that this version of the library cannot read."""
    try:
        return _SEGMENT.validate_python(version.definition)
    except ValidationError as error:
        raise ConfigError(f"{version.name}@{version.version[:SHORT]}: {complaints(error)}.") from error


def _check_size(segment: Configuration, used: Mapping[str, Version]) -> None:
    # A statement has every condition as often as a name stands for it, and engines plan only so many.
    sizes: dict[str, tuple[int, int]] = {}
    conditions, levels = _size(segment, used, sizes)
    if conditions > _MOST_CONDITIONS or levels > _MOST_LEVELS:
        raise RequestError(
            f"The segment has {conditions} conditions on {levels} levels with the segments that it names, and at most "
            f"{_MOST_CONDITIONS} on {_MOST_LEVELS} levels can be: freeze some of these, and name the frozen versions."
        )


def _size(segment: Configuration, used: Mapping[str, Version], sizes: dict[str, tuple[int, int]]) -> tuple[int, int]:
    """How many conditions a segment has, and on how many levels; `sizes` has those of the names that were seen."""
    if isinstance(segment, Named):
        name, version = segment.segment, used[segment.segment]
        if version.kind is Kind.FROZEN:
            return 1, 1
        if name not in sizes:
            sizes[name] = _size(definition_in(version), used, sizes)
        return sizes[name]
    parts = [_size(part, used, sizes) for part in parts_of(segment)]
    return sum(size for size, _ in parts) or 1, max((levels for _, levels in parts), default=0) + 1


def stood_for(versions: Mapping[str, Version], by: By) -> dict[str, Saved]:
    """What names stand for in a report. Raises RequestError for one that is frozen by cluster and asked by user."""
    return {text: _saved(text, version, by) for text, version in versions.items()}


def _saved(text: str, version: Version, by: By) -> Saved:
    if version.kind is Kind.DYNAMIC:
        return definition_in(version)
    if by is By.USER and version.definition.get("by") == By.CLUSTER:
        raise RequestError(f"{text} is frozen by cluster, so that its members are clusters. Give by=cluster.")
    return Frozen(version.name, version.version)


def _shown(version: Version) -> str:
    saved_at = f"saved at {version.saved_at:%Y-%m-%d %H:%M} UTC" if version.saved_at else "not saved yet"
    return f"{version.version[:SHORT]} ({version.kind}, {saved_at})"
