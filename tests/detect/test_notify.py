"""What is to be said follows from what was decided and what was said before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mixpanel_data.detect.incident import Direction, Incident, Observation, Rule, State
from mixpanel_data.detect.incidents import Decision
from mixpanel_data.detect.notify import COLLECTOR_BACK, COLLECTOR_LATE, Kind, Message, Told, Wanted, notices, wanted
from mixpanel_data.detect.notify import message as written

NOON = datetime(2040, 3, 15, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def incident(name: str = "A", channel: str = "#alerts", **changed: Any) -> Incident:
    first = Observation(NOON, NOON + MINUTE, 9, 1.0, 0.8)
    usual = Incident(
        incident_id=f"id-{name}",
        event_name=name,
        direction=Direction.HIGH,
        rules=(Rule.BASELINE,),
        state=State.OPEN,
        opened_at=NOON,
        first=first,
        peak=first,
        abnormal_until=NOON + MINUTE,
        resolved_at=None,
        threshold=None,
        channel=channel,
        is_muted=False,
    )
    return replace(usual, **changed)


def opens(one: Incident) -> Decision:
    return Decision(one, None)


def said(wishes: Sequence[Wanted], before: Sequence[Message] = (), minutes: int = 0) -> list[Message]:
    """All that was said once these are said too."""
    at = NOON + minutes * MINUTE
    return [*before, *(written(wish, {}, len(before) + place, at) for place, wish in enumerate(wishes))]


def wishes(
    decisions: Sequence[Decision],
    before: Sequence[Message] = (),
    minutes: int = 0,
    *,
    cooldown: int = 5,
    remind_after: int | None = None,
    can_update: bool = True,
) -> list[Wanted]:
    after = {} if remind_after is None else {"A": remind_after * MINUTE}
    at = NOON + minutes * MINUTE
    return wanted(decisions, Told(before), after, as_of=at, cooldown=cooldown * MINUTE, can_update=can_update)


def kinds(found: Sequence[Wanted]) -> list[Kind]:
    return [one.kind for one in found]


GROWN = incident(abnormal_until=NOON + 9 * MINUTE)
OVER = incident(state=State.RESOLVED, resolved_at=NOON + 16 * MINUTE)


def test_those_of_one_channel_are_one_message() -> None:
    found = wishes([opens(incident("A")), opens(incident("B")), opens(incident("C", "#visits"))])
    assert [(one.channel, one.about) for one in found] == [("#alerts", ("id-A", "id-B")), ("#visits", ("id-C",))]


def test_over_a_webhook_all_of_them_are_one() -> None:
    (one,) = wishes([opens(incident("A")), opens(incident("C", "#visits"))], can_update=False)
    assert (one.channel, one.about) == ("", ("id-A", "id-C"))


def test_what_was_told_is_not_told_again() -> None:
    before = said(wishes([opens(incident())]))
    assert wishes([Decision(incident(), incident())], before, 30) == []


def test_a_first_message_does_not_wait_and_the_next_waits_for_the_cooldown() -> None:
    before = said(wishes([opens(incident())], cooldown=60))
    grows = [Decision(GROWN, incident())]
    assert wishes(grows, before, 4) == []
    assert kinds(wishes(grows, before, 5)) == [Kind.UPDATE]


def test_the_end_does_not_wait() -> None:
    before = said(wishes([opens(incident())]))
    found = wishes([Decision(OVER, incident())], before, 1)
    assert kinds(found) == [Kind.UPDATE, Kind.RESOLUTION]
    assert {one.parent_key for one in found} == {before[0].message_key}


def test_one_that_is_over_when_first_told_has_no_end_besides() -> None:
    before = said(wishes([opens(OVER)]))
    assert [one.kind for one in before] == [Kind.ALERT]
    assert wishes([Decision(OVER, OVER)], before, 30) == []


def test_a_message_about_several_says_what_all_of_them_are() -> None:
    before = said(wishes([opens(incident("A")), opens(incident("B"))]))
    found = wishes([Decision(OVER, incident()), Decision(incident("B"), incident("B"))], before, 10)
    assert [one.event_name for one in found[0].incidents] == ["A", "B"]
    assert kinds(found) == [Kind.UPDATE, Kind.RESOLUTION]


def test_what_comes_back_updates_its_message_and_over_a_webhook_is_said_anew() -> None:
    back = Decision(incident(abnormal_until=NOON + 18 * MINUTE), OVER)
    for can_update, kind in ((True, Kind.UPDATE), (False, Kind.REMINDER)):
        before = said(wishes([opens(incident())], can_update=can_update))
        assert kinds(wishes([back], before, 18, can_update=can_update)) == [kind]


def test_what_is_muted_is_not_told_until_its_mute_ends() -> None:
    muted = incident(is_muted=True)
    assert wishes([opens(muted)]) == []
    assert kinds(wishes([Decision(incident(), muted)], minutes=30)) == [Kind.ALERT]
    assert wishes([Decision(OVER, muted)], minutes=30) == []


def test_reminders_are_so_far_apart_whatever_else_is_said() -> None:
    before = said(wishes([opens(incident())]))
    before = said(wishes([Decision(GROWN, incident())], before, 9), before, 9)
    lasts = [Decision(GROWN, GROWN)]
    assert wishes(lasts, before, 19, remind_after=20) == []
    found = wishes(lasts, before, 20, remind_after=20)
    assert kinds(found) == [Kind.REMINDER]
    before = said(found, before, 20)
    assert wishes(lasts, before, 39, remind_after=20) == []
    assert kinds(wishes(lasts, before, 40, remind_after=20)) == [Kind.REMINDER]
    assert Kind.REMINDER not in kinds(wishes([Decision(OVER, OVER)], before, 60, remind_after=20))


def test_a_message_has_the_same_key_whenever_the_same_is_decided() -> None:
    (wish,) = wishes([opens(incident())])
    (grown,) = wishes([opens(GROWN)])
    first, again, other = (written(one, {}, 1, NOON).message_key for one in (wish, wish, grown))
    assert first == again != other


@pytest.mark.parametrize(("late_minutes", "is_late"), [(45, False), (46, True)])
def test_a_late_collector_is_told_once_to_each_channel_and_once_that_it_is_back(
    late_minutes: int, is_late: bool
) -> None:
    def told(before: Sequence[Message], late: int, now: int) -> list[Wanted]:
        at = NOON + now * MINUTE
        return notices(["#a", "#b"], Told(before), as_of=at, read_until=at - late * MINUTE)

    found = told([], late_minutes, 0)
    assert [(one.channel, one.about) for one in found] == ([(c, COLLECTOR_LATE) for c in ("#a", "#b")] * is_late)
    before = said(found)
    assert told(before, late_minutes, 5) == []
    back = told(before, 0, 10)
    assert [one.about for one in back] == [COLLECTOR_BACK] * 2 * is_late
    before = said(back, before, 10)
    assert told(before, 0, 15) == []
    assert len(told(before, 50, 90)) == 2


def test_without_any_reading_nobody_is_late() -> None:
    assert notices(["#a"], Told([]), as_of=NOON, read_until=None) == []
