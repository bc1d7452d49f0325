"""The words of an alert: of one incident in full, of several, of a storm; and of a reminder.

The words are the same for a first message, for an incident that was over before it was reported, and for an update.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.detect.messages.wording.changed_values import changed_values
from mixpanel_data.detect.messages.wording.facts import facts, rules
from mixpanel_data.detect.messages.wording.headline import headline, headline_mrkdwn, names, summary
from mixpanel_data.detect.messages.wording.owner import owner_and_runbook
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident, rank
from mixpanel_data.detect.messages.wording.samples import samples
from mixpanel_data.detect.messages.wording.sparklines import sparklines
from mixpanel_data.outbox.blocks import (
    SECTION_SIZE,
    Block,
    Body,
    Detail,
    body,
    context,
    divider,
    fields,
    first_of,
    fitting,
    header,
    section,
)
from mixpanel_data.outbox.mrkdwn import code, escaped, preformatted, shown_name
from mixpanel_data.outbox.owners import mention
from mixpanel_data.outbox.times import duration, local_time

MOST_IN_FULL = 5
"""The most incidents that one message describes one by one, with their evidence; of more it lists the worst."""

# One of several incidents has less room for its values.
_VALUES_SIZE = 1_500
_MOST_LISTED = 15
_MOST_MENTIONED = 10


@dataclass(frozen=True, slots=True)
class AlertWriter:
    """Writes alerts with personal data redacted; `console_url` is None for an engine without a console."""

    redactor: Redactor
    console_url: str | None = None

    def alert(self, reported: Sequence[ReportedIncident], now: datetime) -> Body:
        """An alert about incidents of one channel, at least one, as they are now."""
        ranked = sorted(reported, key=rank)
        if len(ranked) == 1:
            return self._one(ranked[0], now, headline(ranked[0].incident, self.redactor, now))
        return self._several(ranked, now) if len(ranked) <= MOST_IN_FULL else self._storm(ranked, now)

    def reminder(self, reported: ReportedIncident, now: datetime) -> Body:
        """An incident still lasts; the reminder calls its owner again."""
        lasting = duration(now - reported.incident.first.start)
        title = f"⏰ Still abnormal after {lasting}: {headline(reported.incident, self.redactor, now)}"
        return self._one(reported, now, title)

    def _one(self, reported: ReportedIncident, now: datetime, title: str) -> Body:
        incident = reported.incident
        last = f"{rules(incident)} · incident {incident.incident_id[:8]} · as of {local_time(now)}"
        return body(
            title,
            [
                header(title),
                fields(facts(reported)),
                *_owner(reported),
                *self._evidence(reported, SECTION_SIZE),
                *(Detail(section(sample)) for sample in samples(reported.evidence, self.redactor)),
                *self._query(reported),
                context(last),
            ],
        )

    def _several(self, ranked: Sequence[ReportedIncident], now: datetime) -> Body:
        title = summary(ranked)
        blocks: list[Block | Detail] = [header(title)]
        for reported in ranked:
            blocks += [
                divider(),
                section(f"*{headline_mrkdwn(reported.incident, self.redactor, now)}*"),
                *_owner(reported),
                *self._evidence(reported, _VALUES_SIZE),
            ]
        return body(f"{title}: {names(ranked, self.redactor)}", [*blocks, self._last_line(now)])

    def _storm(self, ranked: Sequence[ReportedIncident], now: datetime) -> Body:
        title = summary(ranked)
        lines = [f"• {headline_mrkdwn(each.incident, self.redactor, now)}" for each in ranked[:_MOST_LISTED]]
        blocks: list[Block | Detail] = [
            header(title),
            section(fitting(lines, SECTION_SIZE, unseen=len(ranked) - len(lines))),
            *_owners(ranked),
            section(self._cause(ranked[0])),
            *self._evidence(ranked[0], SECTION_SIZE),
            self._last_line(now),
        ]
        return body(f"{title}: {names(ranked, self.redactor)}", blocks)

    def _cause(self, worst: ReportedIncident) -> str:
        cause = (
            "This many at once usually have one cause: a release, the tracking itself, or a component that all of them "
            "pass through."
        )
        name = code(shown_name(worst.incident.event_name, self.redactor))
        return f"{cause} The evidence about {name}:" if worst.evidence else cause

    def _evidence(self, reported: ReportedIncident, values_size: int) -> list[Detail]:
        if reported.evidence is None:
            return []
        values = changed_values(reported, self.redactor, values_size)
        return [Detail(section(text)) for text in (sparklines(reported.evidence), values) if text]

    def _query(self, reported: ReportedIncident) -> list[Block]:
        if reported.query is None:
            return []
        title = self._linked("the SQL that reads these events:", without_link="The SQL that reads these events:")
        return [section(f"{title}\n{preformatted(escaped(reported.query))}")]

    def _last_line(self, now: datetime) -> Block:
        return context(self._linked(f"as of {local_time(now)}", without_link=f"As of {local_time(now)}"))

    def _linked(self, text: str, *, without_link: str) -> str:
        """The text behind a link to the table where there is a console; else `without_link`."""
        if self.console_url is None:
            return without_link
        return f"<{escaped(self.console_url)}|Open the events table> · {text}"


def _owner(reported: ReportedIncident) -> list[Block]:
    text = owner_and_runbook(reported.entry, is_open=reported.is_open)
    return [section(text)] if text else []


def _owners(ranked: Sequence[ReportedIncident]) -> list[Block]:
    """A mention of each owner of an incident that lasts, each once."""
    mentions = [mention(each.entry.owner) for each in ranked if each.is_open and each.entry]
    owners = list(dict.fromkeys(filter(None, mentions)))
    return [section(f"Owners: {first_of(owners, _MOST_MENTIONED)}")] if owners else []
