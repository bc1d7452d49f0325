"""An event's incident belongs to one of all events together where that explains it, and stands by itself otherwise."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from mixpanel_data.detect.incidents.decisions import Decision
from mixpanel_data.detect.incidents.episodes import episodes
from mixpanel_data.detect.incidents.incident import (
    WHOLE,
    AbnormalWindow,
    Direction,
    Incident,
    Observation,
    Rule,
    State,
)
from mixpanel_data.detect.incidents.whole import episodes_told, with_wholes
from support import incidents
from support.incidents import MINUTE, NOON


def incident(name: str, start: int = 0, until: int = 30, **changed: Any) -> Incident:
    """A fall whose first window has five minutes, from the minute `start` after noon on."""
    first = Observation(NOON + start * MINUTE, NOON + (start + 5) * MINUTE, 3, 9.0, 0.8)
    fall: dict[str, Any] = {
        "direction": Direction.LOW,
        "first": first,
        "peak": first,
        "abnormal_until": NOON + until * MINUTE,
    }
    return incidents.incident(name, **(fall | changed))


ALL = incident(WHOLE)
OVER = replace(ALL, state=State.RESOLVED, resolved_at=NOON + 45 * MINUTE)


def explaining(answer: bool) -> Callable[[Incident, Incident], bool]:
    return lambda _whole, _of_one: answer


def whole_of(
    own: Incident, whole: Incident = ALL, *, before: Incident | None = None, is_explained: bool = True
) -> str | None:
    """The whole that the incident belongs to after a run that finds both."""
    decisions = [Decision(whole, whole), Decision(own, before)]
    return linked(decisions, [whole], is_explained)[1].incident.whole_id


def linked(decisions: Sequence[Decision], known: Sequence[Incident], is_explained: bool = True) -> list[Decision]:
    return with_wholes(decisions, known, explaining(is_explained))


@pytest.mark.parametrize(("start", "belongs"), [(-66, False), (-65, False), (-64, True), (0, True), (59, True)])
def test_an_incident_belongs_that_begins_in_the_hour_before_the_whole_or_in_the_one_after(
    start: int, belongs: bool
) -> None:
    assert (whole_of(incident("A", start), is_explained=False) == "id-*") == belongs


@pytest.mark.parametrize("is_explained", [True, False])
def test_an_incident_that_begins_later_belongs_only_as_far_as_the_whole_explains_it(is_explained: bool) -> None:
    assert (whole_of(incident("A", 60), is_explained=is_explained) == "id-*") == is_explained


def test_an_incident_in_the_other_direction_or_by_a_threshold_stands_by_itself() -> None:
    assert whole_of(incident("A", direction=Direction.HIGH)) is None
    assert whole_of(incident("A", rules=(Rule.THRESHOLD, Rule.BASELINE))) is None


def test_an_incident_belongs_to_a_whole_that_is_over_only_if_it_began_before_that() -> None:
    assert whole_of(incident("A", 29), OVER) == "id-*"
    assert whole_of(incident("A", 30), OVER) is None


def test_an_incident_that_a_run_told_before_belongs_to_the_whole_that_a_later_run_finds() -> None:
    own = incident("A", -3)
    (_, found) = linked([Decision(ALL, None), Decision(own, own)], [own])
    assert found.incident.whole_id == "id-*"
    assert not found.breaks_away


def test_an_incident_that_outlasts_the_whole_stands_by_itself_and_stays_so() -> None:
    belongs = incident("A", whole_id="id-*")
    (_, found) = linked([Decision(OVER, OVER), Decision(belongs, belongs)], [], is_explained=False)
    assert found.breaks_away
    assert found.incident.whole_id is None
    assert whole_of(found.incident, ALL, before=found.incident) is None


def test_an_incident_stands_by_itself_once_it_exceeds_a_threshold() -> None:
    belongs = incident("A", whole_id="id-*")
    assert whole_of(replace(belongs, rules=(Rule.THRESHOLD,)), before=belongs) is None


def test_an_incident_that_is_over_stays_with_its_whole() -> None:
    belongs = incident("A", whole_id="id-*", state=State.RESOLVED)
    assert whole_of(belongs, OVER, before=belongs, is_explained=False) == "id-*"


def test_a_run_over_some_events_knows_the_whole_that_it_does_not_judge() -> None:
    (found,) = linked([Decision(incident("A"), None)], [ALL])
    assert found.incident.whole_id == "id-*"


def test_an_incident_whose_whole_nobody_knows_any_more_stands_by_itself() -> None:
    belongs = incident("A", whole_id="id-of-another")
    assert whole_of(belongs, before=belongs) is None


# Over a history


def windows(
    *ends: int, name: str = "A", minutes: int = 5, direction: Direction = Direction.LOW, rule: Rule = Rule.BASELINE
) -> list[AbnormalWindow]:
    """A window of an event that ends at each of these minutes after noon."""
    return [
        AbnormalWindow(
            name, direction, (rule,), Observation(NOON + (end - minutes) * MINUTE, NOON + end * MINUTE, 3, 9.0, 0.8)
        )
        for end in ends
    ]


def told(own: Sequence[AbnormalWindow]) -> list[int]:
    """The minutes at which the first window of each episode ends that would be told."""
    gap = 20 * MINUTE
    wholes = episodes(windows(*range(5, 60), name=WHOLE), gap)
    return [(episode.first.end - NOON) // MINUTE for episode in episodes_told(own, wholes, gap)]


def test_over_a_history_only_what_does_not_begin_with_the_whole_is_told() -> None:
    assert told(windows(20, 30)) == []
    assert told(windows(-80, 30)) == [-80]
    assert told(windows(100)) == [100]
    assert told(windows(20, direction=Direction.HIGH)) == [20]
    assert told(windows(20, rule=Rule.THRESHOLD)) == [20]


def test_over_a_history_an_event_that_outlasts_the_whole_is_told_from_its_first_window_after_it_on() -> None:
    assert told(windows(*range(20, 120, 10))) == [70]
    assert told(windows(*range(20, 120, 10), minutes=60)) == []
    assert told(windows(*range(20, 180, 10), minutes=60)) == [120]


def test_over_a_history_all_events_together_are_told_as_one() -> None:
    assert told(windows(10, 20, name=WHOLE)) == [10]
