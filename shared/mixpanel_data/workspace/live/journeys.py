"""Turns Mixpanel's answers about funnels and retention into parts of results."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mixpanel_data.clients.mixpanel.querying import answers
from mixpanel_data.workspace.results import CohortInfo, FunnelStep

_OVERALL = "$overall"


def steps_of(by_date: Mapping[str, Mapping[str, Any]]) -> list[FunnelStep]:
    """The steps of a funnel, their counts added up over the dates. Raises QueryError."""
    return _added_up(_steps(day) for day in by_date.values())


def steps_by_segment(by_date: Mapping[str, Mapping[str, Any]]) -> dict[str, list[FunnelStep]]:
    """The steps of each segment, added up over the dates. Raises QueryError."""
    names = dict.fromkeys(name for day in by_date.values() if _OVERALL in day for name in day if name != _OVERALL)
    return {name: _added_up(answers.rows(day, name) for day in by_date.values() if name in day) for name in names}


def conversion_of(steps: Sequence[FunnelStep]) -> float:
    """The share of the users of the first step who reached the last one; 0 where nobody did the first."""
    return _share(steps[-1].count, steps[0].count) if steps else 0.0


def cohort_of(date: str, row: Mapping[str, Any]) -> CohortInfo:
    """A cohort with the share of its users who came back in each period. Raises QueryError."""
    size = int(answers.number(row, "first"))
    counts = [answers.number({"counts": count}, "counts") for count in answers.items(row, "counts")]
    return CohortInfo(date, size, [_share(count, size) for count in counts])


def _steps(day: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The steps of a date over all segments: with a property to segment by, they are those of `$overall`.

    Empty for a date without an answer.
    """
    return answers.rows(day, _OVERALL if _OVERALL in day else "steps") if day else []


def _added_up(days: Iterable[Sequence[Mapping[str, Any]]]) -> list[FunnelStep]:
    events: list[str] = []
    counts: list[int] = []
    for steps in days:
        for number, step in enumerate(steps):
            if number == len(counts):
                events.append(_event(step))
                counts.append(0)
            counts[number] += int(answers.number(step, "count"))
    return [
        FunnelStep(event, count, _share(count, counts[number - 1] if number else count))
        for number, (event, count) in enumerate(zip(events, counts, strict=True))
    ]


def _event(step: Mapping[str, Any]) -> str:
    """The name of a step's event; a custom event is known by its label, and its own name is only a number."""
    label = step.get("step_label") if step.get("custom_event") else None
    return str(label or step.get("event") or step.get("goal") or "")


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
