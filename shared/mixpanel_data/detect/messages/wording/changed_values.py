"""The property values that rose with an incident, or are missing in it, as a list."""

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.detect.findings.value_shares import ValueShare
from mixpanel_data.detect.incidents.incident import Direction
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident
from mixpanel_data.outbox.blocks import fitting
from mixpanel_data.outbox.mrkdwn import clean, code, escaped, shown_name
from mixpanel_data.outbox.numbers import events, percent

_VALUE_SIZE = 80


def changed_values(reported: ReportedIncident, redactor: Redactor, size: int) -> str | None:
    """The list as mrkdwn of at most about `size` characters; None where no value stands out."""
    if reported.evidence is None or not reported.evidence.value_shares:
        return None
    is_rise = reported.incident.direction is Direction.HIGH
    title = "Values that rose" if is_rise else "Values that are missing"
    lines = [f"• {_line(each, redactor)}" for each in reported.evidence.value_shares]
    return f"*{title}*, as shares of the events, against the 24 h before\n{fitting(lines, size)}"


def _line(value: ValueShare, redactor: Redactor) -> str:
    shown = clean(str(redactor.value(value.property, value.value)), _VALUE_SIZE)
    shares = f"{percent(value.share_before)} → *{percent(value.share)}*"
    return f"{code(shown_name(value.property, redactor))} {code(shown)}: {escaped(shares)} ({events(value.events)})"
