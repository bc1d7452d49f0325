"""The words about all events together: how many of them went the same way, and which lost or gained most."""

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.detect.findings.whole import NameInWhole, WholeEvidence
from mixpanel_data.detect.incidents.incident import Direction
from mixpanel_data.detect.messages.wording.comparison import expectation
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident
from mixpanel_data.outbox.blocks import fitting
from mixpanel_data.outbox.mrkdwn import code, escaped, shown_name
from mixpanel_data.outbox.numbers import number, percent

_MOST_NAMED = 6

_CAUSES = {
    Direction.LOW: "So many at once usually have one cause: an outage, a release, the tracking itself, or a day "
    "unlike others. No single event is reported meanwhile unless it stands out.",
    Direction.HIGH: "So many at once usually have one cause: a campaign, a release, events sent twice, or a robot. "
    "No single event is reported meanwhile unless it stands out.",
}


def breadth(reported: ReportedIncident) -> str:
    """How many events went the same way, and what that usually means, as mrkdwn."""
    cause = _CAUSES[reported.incident.direction]
    whole = reported.whole
    if whole is None or not whole.names:
        return cause
    of = f"{whole.deviating:,} of the {whole.names:,} events that are large enough to tell"
    return f"*How wide:* {of} went the same way.\n{cause}"


def most_changed(reported: ReportedIncident, redactor: Redactor, size: int) -> str | None:
    """The events that lost or gained most, a line each, as mrkdwn of at most about `size` characters."""
    whole = reported.whole
    if whole is None or not whole.most:
        return None
    title = "gained" if reported.incident.direction is Direction.HIGH else "lost"
    lines = [f"• {_line(each, redactor)}" for each in whole.most[:_MOST_NAMED]]
    return f"*Events that {title} most*\n{fitting(lines, size, unseen=_unseen(whole))}"


def _unseen(whole: WholeEvidence) -> int:
    return max(0, whole.deviating - min(len(whole.most), _MOST_NAMED))


def _line(each: NameInWhole, redactor: Redactor) -> str:
    counted = f"{number(each.count)}, {expectation(each.expected)}"
    if each.expected >= 1.0:
        share = each.count / each.expected
        counted += f" (−{percent(1.0 - share)})" if share < 1.0 else f" (×{number(share)})"
    return f"{code(shown_name(each.event_name, redactor))}: {escaped(counted)}"
