"""The messages that are due follow from a run's decisions and the messages before."""

from collections.abc import Sequence

import pytest

from mixpanel_data.detect.incidents.decisions import Decision
from mixpanel_data.detect.incidents.incident import Direction, Incident, State, incident_id
from mixpanel_data.detect.messages.message import COLLECTOR_BACK, COLLECTOR_LATE, EarlierMessages, PlannedMessage
from mixpanel_data.detect.messages.planning import ReportingPolicy, message, plan, plan_notices
from mixpanel_data.outbox.message import Message, MessageKind
from support.incidents import MINUTE, NOON, incident


def opens(one: Incident) -> Decision:
    return Decision(one, None)


def sent(due: Sequence[PlannedMessage], before: Sequence[Message] = (), minutes: int = 0) -> list[Message]:
    """All messages once these are sent too."""
    at = NOON + minutes * MINUTE
    return [*before, *(message(planned, {}, len(before) + number, at) for number, planned in enumerate(due))]


def planned(
    decisions: Sequence[Decision],
    before: Sequence[Message] = (),
    minutes: int = 0,
    *,
    cooldown: int = 5,
    remind_after: int | None = None,
    can_update: bool = True,
) -> list[PlannedMessage]:
    after = {} if remind_after is None else {"A": remind_after * MINUTE}
    policy = ReportingPolicy(cooldown * MINUTE, can_update, after)
    return plan(decisions, EarlierMessages(before), policy, NOON + minutes * MINUTE)


def kinds(found: Sequence[PlannedMessage]) -> list[MessageKind]:
    return [one.kind for one in found]


GROWN = incident(abnormal_until=NOON + 9 * MINUTE)
OVER = incident(state=State.RESOLVED, resolved_at=NOON + 16 * MINUTE)


def test_incidents_that_open_in_one_run_are_one_message_to_each_channel() -> None:
    found = planned([opens(incident("A")), opens(incident("B")), opens(incident("C", "#visits"))])
    assert [(one.channel, one.about) for one in found] == [("#alerts", ("id-A", "id-B")), ("#visits", ("id-C",))]


def test_over_a_webhook_incidents_of_all_channels_are_one_message() -> None:
    (one,) = planned([opens(incident("A")), opens(incident("C", "#visits"))], can_update=False)
    assert (one.channel, one.about) == ("", ("id-A", "id-C"))


def test_an_incident_that_was_reported_is_not_reported_again() -> None:
    before = sent(planned([opens(incident())]))
    assert planned([Decision(incident(), incident())], before, 30) == []


def test_an_alert_does_not_wait_and_its_update_waits_for_the_cooldown() -> None:
    before = sent(planned([opens(incident())], cooldown=60))
    grows = [Decision(GROWN, incident())]
    assert planned(grows, before, 4) == []
    assert kinds(planned(grows, before, 5)) == [MessageKind.UPDATE]


def test_the_end_of_an_incident_does_not_wait_for_the_cooldown() -> None:
    before = sent(planned([opens(incident())]))
    found = planned([Decision(OVER, incident())], before, 1)
    assert kinds(found) == [MessageKind.UPDATE, MessageKind.RESOLUTION]
    assert {one.parent_key for one in found} == {before[0].message_key}


def test_an_incident_that_is_over_when_first_reported_gets_no_resolution() -> None:
    before = sent(planned([opens(OVER)]))
    assert [one.kind for one in before] == [MessageKind.ALERT]
    assert planned([Decision(OVER, OVER)], before, 30) == []


def test_an_update_of_a_message_about_several_incidents_has_all_of_them() -> None:
    before = sent(planned([opens(incident("A")), opens(incident("B"))]))
    found = planned([Decision(OVER, incident()), Decision(incident("B"), incident("B"))], before, 10)
    assert [one.event_name for one in found[0].incidents] == ["A", "B"]
    assert kinds(found) == [MessageKind.UPDATE, MessageKind.RESOLUTION]


def test_an_incident_that_comes_back_updates_its_alert_and_over_a_webhook_gets_a_message_of_its_own() -> None:
    back = Decision(incident(abnormal_until=NOON + 18 * MINUTE), OVER)
    for can_update, kind in ((True, MessageKind.UPDATE), (False, MessageKind.REMINDER)):
        before = sent(planned([opens(incident())], can_update=can_update))
        assert kinds(planned([back], before, 18, can_update=can_update)) == [kind]


def test_a_muted_incident_is_not_reported_until_its_mute_ends() -> None:
    muted = incident(is_muted=True)
    assert planned([opens(muted)]) == []
    assert kinds(planned([Decision(incident(), muted)], minutes=30)) == [MessageKind.ALERT]
    assert planned([Decision(OVER, muted)], minutes=30) == []


def test_reminders_keep_their_distance_whatever_other_messages_come_between() -> None:
    before = sent(planned([opens(incident())]))
    before = sent(planned([Decision(GROWN, incident())], before, 9), before, 9)
    lasts = [Decision(GROWN, GROWN)]
    assert planned(lasts, before, 19, remind_after=20) == []
    found = planned(lasts, before, 20, remind_after=20)
    assert kinds(found) == [MessageKind.REMINDER]
    before = sent(found, before, 20)
    assert planned(lasts, before, 39, remind_after=20) == []
    assert kinds(planned(lasts, before, 40, remind_after=20)) == [MessageKind.REMINDER]
    assert MessageKind.REMINDER not in kinds(planned([Decision(OVER, OVER)], before, 60, remind_after=20))


def test_a_message_has_the_same_key_whenever_the_same_is_decided() -> None:
    (same,) = planned([opens(incident())])
    (grown,) = planned([opens(GROWN)])
    first, again, other = (message(one, {}, 1, NOON).message_key for one in (same, same, grown))
    assert first == again != other


@pytest.mark.parametrize(("late_minutes", "is_late"), [(45, False), (46, True)])
def test_each_channel_gets_one_notice_of_a_late_collector_and_one_when_it_is_back(
    late_minutes: int, is_late: bool
) -> None:
    def due(before: Sequence[Message], late: int, now: int) -> list[PlannedMessage]:
        at = NOON + now * MINUTE
        return plan_notices(["#a", "#b"], EarlierMessages(before), at, at - late * MINUTE)

    found = due([], late_minutes, 0)
    assert [(one.channel, one.about) for one in found] == ([(c, COLLECTOR_LATE) for c in ("#a", "#b")] * is_late)
    before = sent(found)
    assert due(before, late_minutes, 5) == []
    back = due(before, 0, 10)
    assert [one.about for one in back] == [COLLECTOR_BACK] * 2 * is_late
    before = sent(back, before, 10)
    assert due(before, 0, 15) == []
    assert len(due(before, 50, 90)) == 2


def test_a_collector_that_never_ran_is_not_late() -> None:
    assert plan_notices(["#a"], EarlierMessages([]), NOON, None) == []


def test_keys_of_incidents_and_messages_stay_those_in_existing_warehouses() -> None:
    """With another key the next run would report every open incident again."""
    alert = PlannedMessage(MessageKind.ALERT, "#alerts", ("id-A",), incidents=(incident(),))
    update = PlannedMessage(MessageKind.UPDATE, "#alerts", ("id-A",), "parent", (incident(),), after="before")
    reminder = PlannedMessage(MessageKind.REMINDER, "#alerts", ("id-A",), "parent", (incident(),))
    notice = PlannedMessage(MessageKind.NOTICE, "#alerts", COLLECTOR_LATE)
    assert [message(each, {}, 1, NOON).message_key for each in (alert, update, reminder, notice)] == [
        "e60c5cfa6688263927a2c47a3db939e2",
        "052bcb40650af2498ab495735a3bda52",
        "1592230bab4604a243e1967c9ce58e75",
        "33ad0837d93ee35075b9ce2c4a793aa7",
    ]
    assert incident_id("A", Direction.HIGH, incident().first) == "da4b2cb93db7670902165f6ee5af9dfc"
