"""Versions of programs: their order, and the first of them that sends something else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PART = re.compile(r"[0-9]+|[^\W\d_]+")
_PREFIXES = frozenset(["v", "r", "version", "release"])

# What a version has to hold of the bad values to be the first: less may be strays.
_LEAST_SHARE_OF_BAD = 0.01
_BAD_OF_BAD_VERSIONS = 0.9
_BAD_OF_OTHERS = 0.01


@dataclass(frozen=True, slots=True)
class Counts:
    """How many values, or events, of a version are good and bad."""

    good: int
    bad: int

    @property
    def is_bad(self) -> bool:
        return self.bad > 0 and self.bad >= self.good


def first_bad(counts: Mapping[str, Counts]) -> str | None:
    """The lowest of the versions that are bad in half of their values or more.

    None unless such versions hold 90% of what is bad, and the others are bad in at most 1%; None too if all versions
    are bad, because then none of them tells anything. Values without a version stand at ''.
    """
    bad = sum(each.bad for each in counts.values())
    bad_versions = {
        version: each
        for version, each in counts.items()
        if version and each.is_bad and each.bad >= _LEAST_SHARE_OF_BAD * bad
    }
    others = [each for version, each in counts.items() if version not in bad_versions]
    if not bad_versions or not others:
        return None
    bad_of_others = sum(each.bad for each in others)
    of_others = sum(each.good + each.bad for each in others)
    if bad - bad_of_others < _BAD_OF_BAD_VERSIONS * bad or bad_of_others > _BAD_OF_OTHERS * of_others:
        return None
    return min(bad_versions, key=version_key)


def version_key(version: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """What sorts versions: numbers by value, so that 4.10 follows 4.9; 4.2 follows 4.2-beta and precedes 4.2.1.

    After Semantic Versioning 2.0, for versions of any number of parts; what stands behind + does not count but where
    all else is equal.
    """
    parts = _PART.findall(version.split("+")[0].lower())
    while len(parts) > 1 and parts[0] in _PREFIXES:
        parts = parts[1:]
    end = next((place for place, part in enumerate(parts) if not part.isdigit()), len(parts))
    release = [int(part) for part in parts[:end]]
    while release and not release[-1]:
        release.pop()
    # The end of a version comes before a further number and after a word.
    return (*((2, number, "") for number in release), *map(_part, parts[end:]), (1, 0, "")), version


def _part(part: str) -> tuple[int, int, str]:
    return (2, int(part), "") if part.isdigit() else (0, 0, part)
