"""The next steps that a message offers: look closer, mute it, open the event in Mixpanel."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.configuration.events import EVENT_PLACE
from mixpanel_data.detect.incidents.incident import Incident
from mixpanel_data.detect.messages.wording.commands import explain, explain_event, mute, mute_all
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident
from mixpanel_data.outbox.mrkdwn import escaped
from mixpanel_data.outbox.times import Times

_LONGEST_ADDRESS = 1_000
_NOTHING = "Nothing to do now"


@dataclass(frozen=True, slots=True)
class NextSteps:
    """Writes the steps; `event_url` is the address of an event in Mixpanel, None where nobody has given it."""

    redactor: Redactor
    event_url: str | None = None

    def about(self, reported: ReportedIncident, times: Times, *, called: str = "it") -> str:
        """As mrkdwn, about one incident; the text calls it `called`."""
        if reported.incident.is_whole:
            return self._about_all(reported) if reported.is_open else f"*{_NOTHING}*"
        closer = explain(reported, self.redactor, times)
        quiet = mute(reported.incident, self.redactor) if reported.is_open else None
        lines = [
            f"{closer} shows {called} minute by minute" if closer else _hidden(reported.incident),
            f"{quiet} if you know the cause" if quiet else None,
            self._link(reported.incident),
        ]
        return _list("Next" if reported.is_open else _NOTHING, lines)

    def _about_all(self, reported: ReportedIncident) -> str:
        worst = reported.whole.most[0].event_name if reported.whole and reported.whole.most else None
        closer = explain_event(worst, self.redactor) if worst else None
        lines = [
            "`mp runs` shows whether the collector brought everything",
            f"{closer} shows the event that changed most" if closer else None,
            f"{mute_all()} if you know the cause",
        ]
        return _list("Next", lines)

    def _link(self, incident: Incident) -> str | None:
        name = incident.event_name
        if self.event_url is None or self.redactor.text(name) != name:
            return None
        address = self.event_url.replace(EVENT_PLACE, quote(name, safe="", errors="replace"))
        return f"<{escaped(address)}|Open the event in Mixpanel>" if len(address) <= _LONGEST_ADDRESS else None


def _hidden(incident: Incident) -> str:
    return (
        "`mp detect explain` and `mp detect mute` take the event's whole name, which is not shown here: it is in the "
        f"table `alerts`, incident {incident.incident_id[:8]}"
    )


def _list(title: str, lines: Sequence[str | None]) -> str:
    return "\n".join([f"*{title}*", *(f"• {line}" for line in lines if line)])
