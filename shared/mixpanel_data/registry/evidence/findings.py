"""What the events say about a change, and how it is written down."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mixpanel_data.registry.judging.versions import Counts, first_bad

_EVENT_IDS = 3
_NO_COUNTS = Counts(good=0, bad=0)


@dataclass(slots=True)
class Findings:
    """The evidence of a change as it is gathered.

    `before` and `after` count events by type, `event_ids` has up to three bad events, and `versions` counts events by
    version property and version; those without a version stand at ''.
    """

    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)
    event_ids: list[str] = field(default_factory=list)
    versions: dict[str, dict[str, Counts]] = field(default_factory=dict)

    def add_bad(self, event_id: str) -> None:
        """Name a bad event; they come in the order of their ids."""
        if len(self.event_ids) < _EVENT_IDS:
            self.event_ids.append(event_id)

    def add(self, versions: Mapping[str, str], good: int, bad: int) -> None:
        """Count events with these versions, by version property."""
        for name, version in versions.items():
            counts = self.versions.setdefault(name, {})
            known = counts.get(version, _NO_COUNTS)
            counts[version] = Counts(good=known.good + good, bad=known.bad + bad)

    def as_json(self) -> str:
        """The column `evidence`: before, after, event_ids, versions, first_bad, and the property that has this version.

        A version property that no event has is left out.
        """
        found = _first_bad(self.versions)
        reported = {name: counts for name, counts in self.versions.items() if counts.keys() - {""}}
        document = {
            "before": self.before,
            "after": self.after,
            "event_ids": self.event_ids,
            "versions": {name: _counts(counts) for name, counts in reported.items()},
            "first_bad": found[1] if found else None,
            "version_property": found[0] if found else None,
        }
        return json.dumps(document, ensure_ascii=False, sort_keys=True)


def _counts(counts: Mapping[str, Counts]) -> dict[str, dict[str, int]]:
    return {version: {"bad": each.bad, "good": each.good} for version, each in counts.items()}


def _first_bad(versions: Mapping[str, Mapping[str, Counts]]) -> Sequence[str] | None:
    """The version property that tells good and bad events apart best, and its first bad version; None if none does.

    Of several that tell as much, the first: where all events of a library are bad, it says as much as its version.
    """
    found = [
        (_misfits(counts), place, name, version)
        for place, (name, counts) in enumerate(versions.items())
        if (version := first_bad(counts)) is not None
    ]
    return min(found)[2:] if found else None


def _misfits(counts: Mapping[str, Counts]) -> int:
    """How many events are good in bad versions, or bad in good ones."""
    return sum(each.good if version and each.is_bad else each.bad for version, each in counts.items())
