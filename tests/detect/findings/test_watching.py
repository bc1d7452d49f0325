"""The time in which an event was not watched is told apart from its silence."""

from datetime import UTC, datetime, timedelta

from mixpanel_data.base.window import Window
from mixpanel_data.configuration.events import EventSelection
from mixpanel_data.detect.findings.learning.watching import Asked, Watching, known_time

DAY = datetime(2024, 3, 5, tzinfo=UTC)
ALL = EventSelection((), names_are_wanted=False)
WITHOUT_VISIT = EventSelection(("Visit",), names_are_wanted=False)


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


def hours(first: float, last: float) -> Window:
    return Window(at(first), at(last))


def runs(*asked: tuple[float, EventSelection]) -> list[Asked]:
    return [Asked(at(hour), selection) for hour, selection in asked]


def watching(*, windows: list[tuple[Window, EventSelection]] | None = None, **jobs: list[Asked]) -> Watching:
    return Watching(jobs, windows or [], at(20))


def test_an_event_that_was_always_asked_for_has_no_gap() -> None:
    found = watching(collector=runs((1, WITHOUT_VISIT), (9, ALL), (12, WITHOUT_VISIT)))
    assert found.gaps("Purchase") == ()
    assert watching().gaps("Purchase") == ()


def test_a_gap_lasts_from_the_last_run_that_asked_for_the_event_to_the_next_that_does() -> None:
    found = watching(collector=runs((1, ALL), (2, ALL), (3, WITHOUT_VISIT), (8, WITHOUT_VISIT), (9, ALL)))
    assert found.gaps("Visit") == (hours(2, 9),)


def test_gaps_of_both_jobs_are_one() -> None:
    collector = runs((1, ALL), (3, WITHOUT_VISIT), (9, ALL))
    detector = runs((4, ALL), (5, WITHOUT_VISIT), (10, ALL))
    assert watching(collector=collector, detector=detector).gaps("Visit") == (hours(1, 10),)


def test_a_gap_of_the_detector_ends_with_this_run_and_one_of_the_collector_lasts() -> None:
    asked = runs((4, ALL), (5, WITHOUT_VISIT))
    assert watching(detector=asked).gaps("Visit") == (hours(4, 20),)
    (gap,) = watching(collector=asked).gaps("Visit")
    assert (gap.start, gap.end.year) == (at(4), 9999)


def test_a_window_that_was_collected_later_is_no_gap() -> None:
    asked = runs((1, ALL), (3, WITHOUT_VISIT), (9, ALL))
    assert watching(windows=[(hours(0, 12), ALL)], collector=asked).gaps("Visit") == ()
    assert watching(windows=[(hours(2, 4), ALL)], collector=asked).gaps("Visit") == (hours(1, 2), hours(4, 9))
    assert watching(windows=[(hours(0, 12), WITHOUT_VISIT)], collector=asked).gaps("Visit") == (hours(1, 9),)


def test_watching_begins_again_in_the_hour_after_the_first_event_after_a_gap() -> None:
    assert known_time(hours(0, 20), [(hours(2.5, 9), at(11.25))]) == (hours(0, 2), hours(12, 20))
    assert known_time(hours(4, 20), [(hours(2.5, 9), at(11))]) == (hours(11, 20),)


def test_without_an_event_after_the_gap_nobody_knows_whether_it_is_watched_again() -> None:
    assert known_time(hours(0, 20), [(hours(2, 9), None)]) == (hours(0, 2),)


def test_gaps_before_and_behind_a_span_leave_it_whole() -> None:
    span = hours(4, 20)
    assert known_time(span, [(hours(1, 4), at(4))]) == (span,)
    assert known_time(span, [(hours(21, 22), None)]) == (span,)
