"""Evidence, looked up in the observations and the events for many changes at once."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from mixpanel_data.registry.context.json_values import type_of
from mixpanel_data.registry.context.version_parameters import version_parameters
from mixpanel_data.registry.evidence import statements
from mixpanel_data.registry.evidence.findings import Findings
from mixpanel_data.registry.evidence.nested import known_text, text_of, values_at
from mixpanel_data.registry.evidence.subject import BEFORE, Sign, Subject
from mixpanel_data.warehouse.base import Staging
from mixpanel_data.warehouse.json_rows import json_row

_SEPARATOR = "\x1f"
# Beyond, a property holds no versions.
_MOST_VERSIONS = 1000
# The values below a property come to Python: those of about 600 events a change.
_SUBJECTS_AT_ONCE = 100


def look_up(
    staging: Staging, subjects: Sequence[Subject], at: date, version_properties: Sequence[str]
) -> dict[str, str]:
    """The evidence of changes up to a day, as JSON by change_id; stages relations of its own.

    Raises what the warehouse raises.
    """
    found: dict[str, str] = {}
    for some in _portions(subjects):
        portion = _Portion(staging, some, at, version_properties)
        found |= {subject.change_id: each.as_json() for subject, each in zip(some, portion.findings(), strict=True)}
    return found


def _portions(subjects: Sequence[Subject]) -> Iterator[Sequence[Subject]]:
    """The subjects a few at a time, in order of day, so that a portion reads few days."""
    ordered = sorted(subjects, key=lambda subject: (subject.day, subject.change_id))
    for start in range(0, len(ordered), _SUBJECTS_AT_ONCE):
        yield ordered[start : start + _SUBJECTS_AT_ONCE]


class _Portion:
    """Subjects that are looked up together, by their number in this order."""

    def __init__(
        self, staging: Staging, subjects: Sequence[Subject], at: date, version_properties: Sequence[str]
    ) -> None:
        self._staging = staging
        self._subjects = dict(enumerate(subjects))
        self._at = at
        self._properties = version_properties
        self._findings = {number: Findings() for number in self._subjects}

    def findings(self) -> list[Findings]:
        """What the events say about each."""
        exact = {number: one for number, one in self._subjects.items() if not one.is_sampled}
        sampled = {number: one for number, one in self._subjects.items() if one.is_sampled}
        self._count()
        if exact:
            self._look_at_all(exact)
        if sampled:
            self._look_at_sample(sampled)
        return list(self._findings.values())

    def _count(self) -> None:
        self._stage(self._subjects)
        rows = self._staging.rows(statements.COUNTS, **self._observed_days(self._subjects))
        for row in sorted(rows, key=lambda row: str(row["type"])):
            found = self._findings[row["number"]]
            side = found.after if row["is_after"] else found.before
            side["events" if row["type"] == "event" else row["type"]] = int(row["events"])

    def _look_at_all(self, subjects: Mapping[int, Subject]) -> None:
        """Look at all events of the days."""
        self._stage(subjects)
        self._staging.materialise(statements.LOOKED_AT, **self._events(subjects))
        for row in self._staging.rows(statements.BAD_BY_VERSIONS, most_versions=_MOST_VERSIONS):
            versions = dict(zip(self._properties, row["versions"].split(_SEPARATOR), strict=False))
            self._findings[row["number"]].add(versions, good=row["good"], bad=row["bad"])
        for row in self._staging.rows(statements.BAD_EVENTS):
            self._findings[row["number"]].add_bad(row["event_id"])

    def _look_at_sample(self, subjects: Mapping[int, Subject]) -> None:
        """Look at the sampled events of the days."""
        self._stage(subjects)
        known: dict[int, set[str]] = {}
        for row in self._staging.rows(statements.KNOWN_VALUES, **self._observed_days(subjects)):
            known.setdefault(row["number"], set()).add(known_text(row["type"], row["value"]))
        for row in self._staging.rows(statements.SAMPLED_EVENTS, **self._events(subjects)):
            number = row["number"]
            is_bad = _is_bad(subjects[number], known.get(number, set()), row["member"])
            if is_bad is None:
                continue
            versions = {name: row[f"version_{place}"] or "" for place, name in enumerate(self._properties, 1)}
            self._findings[number].add(versions, good=int(not is_bad), bad=int(is_bad))
            if is_bad:
                self._findings[number].add_bad(row["event_id"])

    def _stage(self, subjects: Mapping[int, Subject]) -> None:
        given = [_row(number, subject, self._at) for number, subject in subjects.items()]
        self._staging.materialise(statements.SUBJECTS, given=given)

    def _observed_days(self, subjects: Mapping[int, Subject]) -> dict[str, date]:
        """The parameters that bound a statement to the observations that the evidence rests on."""
        first = min(subject.day for subject in subjects.values()) - BEFORE
        return {"first_day": first, "last_day": self._last_day(subjects)}

    def _events(self, subjects: Mapping[int, Subject]) -> dict[str, Any]:
        """The parameters that bound a statement to the events of the evidence, and the version properties."""
        first, end = min(subject.day for subject in subjects.values()), self._last_day(subjects) + timedelta(days=1)
        return {
            "from_time": datetime.combine(first, time(), UTC),
            "to_time": datetime.combine(end, time(), UTC),
            **version_parameters(self._properties),
        }

    def _last_day(self, subjects: Mapping[int, Subject]) -> date:
        return max(subject.last_day(self._at) for subject in subjects.values())


def _row(number: int, subject: Subject, at: date) -> str:
    return json_row(
        {
            "number": str(number),
            "event_name": subject.event_name,
            "property": subject.property_name,
            "path": subject.path,
            "day": subject.day.isoformat(),
            "last_day": subject.last_day(at).isoformat(),
            "sign": subject.sign,
            "types": f"|{'|'.join(sorted(subject.types))}|",
        }
    )


def _is_bad(subject: Subject, known: set[str], member: Any) -> bool | None:
    """Whether an event is bad, by what it has in the property; None if it does not count beside the bad ones."""
    # A member that is null looks like one that is missing: neither has anything below it.
    values = values_at(member, subject.path)
    match subject.sign:
        case Sign.LACKING:
            return not values
        case Sign.TYPE:
            return any(type_of(value) in subject.types for value in values) if values else None
        case Sign.NEW_VALUE:
            texts = [text for value in values if (text := text_of(value)) is not None]
            return any(text not in known for text in texts) if texts else None
    return bool(values)
