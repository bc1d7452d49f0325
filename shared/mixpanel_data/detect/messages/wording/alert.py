"""The words of an alert: of one incident in full, of several, of a storm; and of a reminder.

The words are the same for a first message, for an incident that was over before it was reported, and for an update.
They come in the order in which somebody who was woken asks: what, does it go on, since when, whom does it concern, what
does it look like, what now; then samples, and the query last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.detect.messages.wording.changed_values import changed_values
from mixpanel_data.detect.messages.wording.facts import facts, rules
from mixpanel_data.detect.messages.wording.headline import (
    headline,
    headline_mrkdwn,
    names,
    reminder_headline,
    short_line,
    summary,
)
from mixpanel_data.detect.messages.wording.naming import incident_name_mrkdwn
from mixpanel_data.detect.messages.wording.next_steps import NextSteps
from mixpanel_data.detect.messages.wording.now import now_line, tally
from mixpanel_data.detect.messages.wording.owner import owner_and_runbook
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident, rank
from mixpanel_data.detect.messages.wording.resolution import resolution
from mixpanel_data.detect.messages.wording.samples import samples
from mixpanel_data.detect.messages.wording.sparklines import sparklines
from mixpanel_data.detect.messages.wording.whole import breadth, most_changed
from mixpanel_data.outbox.blocks import (
    SECTION_SIZE,
    Block,
    Body,
    Detail,
    body,
    context,
    divider,
    first_of,
    fitting,
    header,
    pictured,
    section,
)
from mixpanel_data.outbox.mrkdwn import escaped, preformatted
from mixpanel_data.outbox.owners import mention
from mixpanel_data.outbox.times import Times

MOST_IN_FULL = 5
"""The most incidents that one message describes one by one, with their evidence; of more it lists the worst."""

# One of several incidents has less room for its values.
_VALUES_SIZE = 1_500
_MOST_LISTED = 15
_MOST_MENTIONED = 10
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class AlertWriter:
    """Writes alerts with personal data redacted.

    `console_url` is None for an engine without a console, `event_url` where nobody has given the address of an event in
    Mixpanel. `zone` is the project's, whose times stand beside those in UTC.
    """

    redactor: Redactor
    console_url: str | None = None
    event_url: str | None = None
    zone: ZoneInfo = _UTC

    def alert(self, reported: Sequence[ReportedIncident], now: datetime) -> Body:
        """An alert about incidents of one channel, at least one, as they are now."""
        ranked, times = sorted(reported, key=rank), Times(now, self.zone)
        if len(ranked) == 1:
            return self._one(ranked[0], times, headline(ranked[0].incident, self.redactor, times))
        return self._several(ranked, times) if len(ranked) <= MOST_IN_FULL else self._storm(ranked, times)

    def reminder(self, reported: ReportedIncident, now: datetime) -> Body:
        """An incident still lasts; the reminder calls its owner again."""
        times = Times(now, self.zone)
        return self._one(reported, times, reminder_headline(reported.incident, self.redactor, times))

    def resolution(self, reported: ReportedIncident, now: datetime) -> Body:
        """An incident is over."""
        return resolution(reported, self.redactor, Times(now, self.zone), self._next_steps)

    @property
    def _next_steps(self) -> NextSteps:
        return NextSteps(self.redactor, self.event_url)

    def _one(self, reported: ReportedIncident, times: Times, title: str) -> Body:
        incident = reported.incident
        last = f"{rules(incident)} · incident {incident.incident_id[:8]} · as of {times.at(times.now)}"
        sample = samples(reported.evidence, self.redactor)
        return body(
            title,
            [
                header(title),
                section(facts(reported, times)),
                *_owner(reported),
                *([section(breadth(reported))] if incident.is_whole and reported.is_open else []),
                *self._evidence(reported, times, SECTION_SIZE),
                section(self._next_steps.about(reported, times)),
                *([Detail(section(sample))] if sample else []),
                *self._query(reported),
                context(last),
            ],
        )

    def _several(self, ranked: Sequence[ReportedIncident], times: Times) -> Body:
        title = summary(ranked)
        blocks: list[Block | Detail] = [header(title), section(tally(ranked, times))]
        for reported in ranked:
            head = f"*{headline_mrkdwn(reported.incident, self.redactor, times)}*"
            blocks += [
                divider(),
                section(f"{head}\n{now_line(reported, times)}"),
                *_owner(reported),
                *self._evidence(reported, times, _VALUES_SIZE),
            ]
        blocks += [
            divider(),
            section(self._next_steps.about(ranked[0], times, called="the worst")),
            self._last_line(times),
        ]
        return body(f"{title}: {names(ranked, self.redactor)}", blocks)

    def _storm(self, ranked: Sequence[ReportedIncident], times: Times) -> Body:
        title = summary(ranked)
        lines = [short_line(each.incident, self.redactor, times) for each in ranked[:_MOST_LISTED]]
        blocks: list[Block | Detail] = [
            header(title),
            section(f"{tally(ranked, times)}\n{_MANY}"),
            *_owners(ranked),
            section(fitting(lines, SECTION_SIZE, unseen=len(ranked) - len(lines))),
            *self._worst(ranked[0], times),
            section(self._next_steps.about(ranked[0], times, called="the worst")),
            self._last_line(times),
        ]
        return body(f"{title}: {names(ranked, self.redactor)}", blocks)

    def _worst(self, worst: ReportedIncident, times: Times) -> list[Block | Detail]:
        evidence = self._evidence(worst, times, SECTION_SIZE)
        name = incident_name_mrkdwn(worst.incident, self.redactor)
        return [section(f"The evidence about {name}:"), *evidence] if evidence else []

    def _evidence(self, reported: ReportedIncident, times: Times, values_size: int) -> list[Detail]:
        evidence = reported.whole or reported.evidence
        if evidence is None:
            return []
        listed = most_changed if reported.whole else changed_values
        values = listed(reported, self.redactor, values_size)
        drawn = Detail(pictured(section(sparklines(evidence, times)), reported.incident.incident_id))
        return [drawn, *([Detail(section(values))] if values else [])]

    def _query(self, reported: ReportedIncident) -> list[Block]:
        if reported.query is None:
            return []
        title = self._linked("the SQL that reads these events:", without_link="The SQL that reads these events:")
        return [section(f"{title}\n{preformatted(escaped(reported.query))}")]

    def _last_line(self, times: Times) -> Block:
        as_of = times.at(times.now)
        return context(self._linked(f"as of {as_of}", without_link=f"As of {as_of}"))

    def _linked(self, text: str, *, without_link: str) -> str:
        """The text behind a link to the table where there is a console; else `without_link`."""
        if self.console_url is None:
            return without_link
        return f"<{escaped(self.console_url)}|Open the events table> · {text}"


_MANY = (
    "This many at once usually have one cause: a release, the tracking itself, or a component that all of them pass "
    "through."
)


def _owner(reported: ReportedIncident) -> list[Block]:
    text = owner_and_runbook(reported.entry, is_open=reported.is_open)
    return [section(text)] if text else []


def _owners(ranked: Sequence[ReportedIncident]) -> list[Block]:
    """A mention of each owner of an incident that lasts, each once."""
    mentions = [mention(each.entry.owner) for each in ranked if each.is_open and each.entry]
    owners = list(dict.fromkeys(filter(None, mentions)))
    return [section(f"Owners: {first_of(owners, _MOST_MENTIONED)}")] if owners else []
