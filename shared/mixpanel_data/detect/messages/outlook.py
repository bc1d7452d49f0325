"""What a run that judged leaves to the next ones: when something is due though nothing arrives."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from mixpanel_data.detect.findings.judging import Findings
from mixpanel_data.detect.findings.standing import Outlook, Standing
from mixpanel_data.detect.incidents.incident import LATE_AFTER, Direction, Incident, Rule, State
from mixpanel_data.detect.messages.alert_messages_table import NOTICES_SINCE
from mixpanel_data.detect.messages.due import DueMessages
from mixpanel_data.outbox.message import MessageKind

# Names that somebody invents may be many.
_MOST_YOUNG = 500


def outlook_after(
    standing: Standing,
    configuration: str,
    findings: Findings,
    due: DueMessages,
    aged_from: Mapping[str, datetime],
    *,
    is_all_delivered: bool,
) -> Outlook:
    """What the next runs need to know of this one, which began where `standing` says."""
    as_of = findings.context.as_of
    is_done = is_all_delivered and not findings.learning
    return Outlook(
        configuration=configuration,
        counted_since=standing.counted_since,
        counts=standing.counts,
        read_until=findings.context.read_until,
        handled_seq=findings.handled_seq,
        due_at=min(_due_times(findings, due)) if is_done else as_of,
        learn_again_at=findings.delays.learn_again_at,
        young=tuple(sorted(findings.young)[:_MOST_YOUNG]),
        young_since=findings.judged_from,
        aged_from=aged_from,
    )


def _due_times(findings: Findings, due: DueMessages) -> Iterator[datetime]:
    """The times from which on a run may find something though nothing arrived; those that are over mean at once."""
    context = findings.context
    yield findings.holds_until
    for decision in findings.decisions:
        if _may_change(decision.incident, findings):
            yield context.as_of
        elif _has_two_peaks(decision.incident, findings):
            yield max(decision.incident.first.end + context.max_age, context.as_of)
    if context.read_until is not None and context.as_of <= context.read_until + LATE_AFTER:
        yield context.read_until + LATE_AFTER + datetime.resolution
    if due.planned:
        yield context.as_of + context.cooldown
    for message in due.earlier.messages:
        # An update waits for the cooldown after the last message.
        if message.created_at + context.cooldown > context.as_of:
            yield message.created_at + context.cooldown
        if message.kind is MessageKind.NOTICE:
            yield message.created_at + NOTICES_SINCE + datetime.resolution


def _may_change(incident: Incident, findings: Findings) -> bool:
    """True of an incident that time alone changes.

    What is open may end, be muted or be told again. And a burst still counts in longer windows that end later, so that
    it may come back until no window that ends later belongs to it. Which events tell of all events together goes by
    what is expected of each up to now, so that these may change as long as their windows are judged.
    """
    context, over_for = findings.context, findings.context.as_of - incident.abnormal_until
    if incident.state is State.OPEN or (incident.is_whole and over_for <= context.max_age):
        return True
    return incident.direction is Direction.HIGH and over_for <= context.gap


def _has_two_peaks(incident: Incident, findings: Findings) -> bool:
    """True where the most abnormal window becomes another one as windows grow too old to be judged.

    One over a threshold comes before one by a higher score, as long as it is judged.
    """
    over_for = findings.context.as_of - incident.abnormal_until
    is_judged = over_for <= findings.context.max_age
    return is_judged and Rule.THRESHOLD in incident.rules and len(incident.rules) > 1
