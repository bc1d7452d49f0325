"""An incident of all events together is one message to each channel concerned, in place of those about single ones."""

from collections.abc import Sequence
from dataclasses import replace

from mixpanel_data.detect.incidents.decisions import Decision
from mixpanel_data.detect.incidents.incident import WHOLE, Direction, Incident, Rule, State
from mixpanel_data.detect.messages.message import EarlierMessages
from mixpanel_data.detect.messages.planning import ReportingPolicy, message, plan
from mixpanel_data.outbox.message import Message, MessageKind
from support.incidents import MINUTE, NOON, incident

ALERT, UPDATE, REMINDER, RESOLUTION = (
    MessageKind.ALERT,
    MessageKind.UPDATE,
    MessageKind.REMINDER,
    MessageKind.RESOLUTION,
)
ALL = incident(WHOLE)
ALL_OVER = replace(ALL, state=State.RESOLVED)


def part(name: str, channel: str = "#alerts", **changed: object) -> Incident:
    return incident(name, channel, whole_id=ALL.incident_id, **changed)


class Outbox:
    """The messages so far; time passes by 10 minutes from plan to plan."""

    def __init__(self, *, can_update: bool = True, remind_after: int | None = None) -> None:
        after = {} if remind_after is None else {WHOLE: remind_after * MINUTE, "A": remind_after * MINUTE}
        self._policy = ReportingPolicy(5 * MINUTE, can_update, after)
        self.suspected: frozenset[Direction] = frozenset()
        self._messages: list[Message] = []
        self._now = NOON

    def plan(self, *decisions: Decision) -> list[tuple[MessageKind, str, str]]:
        """Kind, channel and events of the messages of a run."""
        policy = replace(self._policy, suspected=self.suspected)
        found = plan(decisions, EarlierMessages(self._messages), policy, self._now)
        first = len(self._messages)
        self._messages += [message(each, {}, first + number, self._now) for number, each in enumerate(found)]
        self._now += 10 * MINUTE
        return [(each.kind, each.channel, _names(each.incidents)) for each in found]

    @property
    def keys(self) -> list[str]:
        return [each.message_key for each in self._messages]


def _names(incidents: Sequence[Incident]) -> str:
    return " ".join(each.event_name for each in incidents)


def opens(*incidents: Incident) -> list[Decision]:
    return [Decision(each, None) for each in incidents]


def lasts(*incidents: Incident) -> list[Decision]:
    return [Decision(each, each) for each in incidents]


def test_nobody_hears_of_the_incidents_that_belong_to_the_whole() -> None:
    outbox = Outbox()
    assert outbox.plan(*opens(ALL, part("A"), part("B"))) == [(ALERT, "#alerts", "*")]
    assert outbox.plan(*lasts(ALL, part("A"), part("B")), *opens(part("C"))) == []
    over = [Decision(replace(part(name), state=State.RESOLVED), part(name)) for name in "ABC"]
    assert outbox.plan(*over) == []
    assert outbox.plan(Decision(ALL_OVER, ALL)) == [(UPDATE, "#alerts", "*"), (RESOLUTION, "#alerts", "*")]


def test_each_channel_concerned_hears_of_the_whole_once_and_of_its_end() -> None:
    outbox = Outbox()
    first = outbox.plan(*opens(ALL, part("A", "#a"), part("B", "#b", is_muted=True)))
    assert first == [(ALERT, "#alerts", "*"), (ALERT, "#a", "*")]
    assert outbox.plan(*lasts(ALL, part("A", "#a")), *opens(part("C", "#c"))) == [(ALERT, "#c", "*")]
    assert outbox.plan(*lasts(ALL, part("A", "#a"), part("C", "#c"))) == []
    end = outbox.plan(Decision(ALL_OVER, ALL))
    assert sorted(end) == [(kind, channel, "*") for kind in (RESOLUTION, UPDATE) for channel in ("#a", "#alerts", "#c")]
    assert len(set(outbox.keys)) == len(outbox.keys)


def test_over_a_webhook_the_whole_is_one_message_and_its_end_another() -> None:
    outbox = Outbox(can_update=False)
    assert outbox.plan(*opens(ALL, part("A", "#a"), part("B", "#b"))) == [(ALERT, "", "*")]
    back = Decision(part("A"), replace(part("A"), state=State.RESOLVED))
    assert outbox.plan(*lasts(ALL), back) == []
    assert outbox.plan(Decision(ALL_OVER, ALL)) == [(RESOLUTION, "", "*")]


def test_a_message_about_an_event_that_came_before_the_whole_is_updated_and_calls_nobody_again() -> None:
    outbox = Outbox(remind_after=15)
    assert outbox.plan(*opens(incident("A"))) == [(ALERT, "#alerts", "A")]
    assert outbox.plan(*opens(ALL), Decision(part("A"), incident("A"))) == [(ALERT, "#alerts", "*")]
    over = replace(part("A"), state=State.RESOLVED)
    assert outbox.plan(*lasts(ALL), Decision(over, part("A"))) == [(UPDATE, "#alerts", "A")]
    assert outbox.plan(*lasts(ALL)) == [(REMINDER, "#alerts", "*")]


def test_an_event_that_breaks_away_from_the_whole_is_told_or_told_again() -> None:
    outbox = Outbox()
    outbox.plan(*opens(incident("A")))
    outbox.plan(*opens(ALL, part("B")), Decision(part("A"), incident("A")))
    alone = [Decision(incident(name), part(name)) for name in "AB"]
    assert outbox.plan(Decision(ALL_OVER, ALL), *alone) == [
        (ALERT, "#alerts", "B"),
        (UPDATE, "#alerts", "*"),
        (RESOLUTION, "#alerts", "*"),
        (REMINDER, "#alerts", "A"),
    ]


def test_a_muted_whole_silences_what_belongs_to_it_and_is_told_if_it_outlasts_the_mute() -> None:
    outbox = Outbox()
    muted = replace(ALL, is_muted=True)
    assert outbox.plan(*opens(muted, part("A"))) == []
    assert outbox.plan(Decision(ALL, muted), *lasts(part("A"))) == [(ALERT, "#alerts", "*")]


def test_an_incident_waits_for_all_events_if_these_may_be_about_to_become_abnormal() -> None:
    outbox = Outbox()
    outbox.suspected = frozenset({Direction.HIGH})
    by_threshold = incident("T", rules=(Rule.THRESHOLD,))
    falls = incident("F", direction=Direction.LOW)
    assert outbox.plan(*opens(incident("A"), incident("B"), by_threshold, falls)) == [(ALERT, "#alerts", "T F")]
    over = Decision(incident("B", state=State.RESOLVED), incident("B"))
    assert outbox.plan(*lasts(incident("A")), over) == [(ALERT, "#alerts", "B")]
    assert outbox.plan(*lasts(incident("A"))) == [(ALERT, "#alerts", "A")]


def test_an_incident_that_waited_belongs_to_all_events_once_these_are_abnormal() -> None:
    outbox = Outbox()
    outbox.suspected = frozenset({Direction.HIGH})
    assert outbox.plan(*opens(incident("A"))) == []
    assert outbox.plan(*opens(ALL), Decision(part("A"), incident("A"))) == [(ALERT, "#alerts", "*")]
