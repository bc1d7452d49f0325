"""What a run decided and is to say: kept in one transaction, then delivered message by message."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mixpanel_data.base.clock import Clock
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.window import Window
from mixpanel_data.clients.slack import Sent, Slack
from mixpanel_data.detect import delivery, notify, store
from mixpanel_data.detect.compose import Composer
from mixpanel_data.detect.delivery import Report
from mixpanel_data.detect.incident import Incident
from mixpanel_data.detect.incidents import Decision
from mixpanel_data.detect.judging import Judgement
from mixpanel_data.detect.notify import Delivery, Kind, Message, Told, Wanted
from mixpanel_data.detect.statements import SET_MESSAGE, deciding, giving_up
from mixpanel_data.runs import Run, publish, write
from mixpanel_data.warehouse.base import Warehouse
from mixpanel_data.warehouse.statements import Statement


@dataclass(slots=True)
class Outbox:
    """The messages of one run of the detector, in its warehouse. Without `slack` none are kept."""

    warehouse: Warehouse
    run: Run
    slack: Slack | None
    composer: Composer
    clock: Clock

    def decide(self, judgement: Judgement, *, is_of_all_events: bool) -> None:
        """Keep what was decided and what is to be said of it: all of it, or nothing.

        A run over some events does not count as having judged the arrivals of all.
        """
        moment = judgement.moment
        handled, read_until = judgement.handled_seq, moment.read_until
        changed = [one.incident for one in judgement.decisions if one.changes]
        messages = self._composed(self._wanted(judgement), moment.as_of)
        publish(
            self.run,
            deciding(has_incidents=bool(changed), has_messages=bool(messages)),
            window=Window(moment.as_of - moment.max_age, moment.as_of),
            figures={"incidents": len(changed)},
            arrivals_up_to=handled if is_of_all_events else None,
            read_until=read_until if is_of_all_events else None,
            as_of=moment.as_of,
            incidents=store.given_incidents(changed),
            messages=store.given_messages(messages),
        )

    def deliver(self, deadline: Deadline, default_channel: str) -> Report:
        """Send what is not delivered, of earlier runs too; then tell the default channel what cannot be."""
        if self.slack is None:
            return Report()
        waiting = self._undelivered()
        report = self._deliver(waiting, self.slack, deadline, default_channel)
        if report.given_up:
            known = {one.message_key for one in waiting}
            notices = [one for one in self._undelivered() if one.message_key not in known]
            more = self._deliver(notices, self.slack, deadline, default_channel)
            report.sent += more.sent
            report.undelivered += more.undelivered
        return report

    def _undelivered(self) -> list[Message]:
        return store.undelivered(self.warehouse, self.run.started_at)

    def _deliver(self, waiting: list[Message], slack: Slack, deadline: Deadline, default_channel: str) -> Report:
        return delivery.deliver(
            waiting,
            lambda key: store.message(self.warehouse, key),
            slack,
            self._record,
            self._give_up,
            deadline,
            default_channel,
        )

    def _wanted(self, judgement: Judgement) -> list[Wanted]:
        if self.slack is None:
            return []
        moment, decisions = judgement.moment, judgement.decisions
        told = store.told(self.warehouse, [one.incident.incident_id for one in decisions], moment.as_of)
        remind_after = {
            one.event_name: timedelta(minutes=one.entry.remind_after_minutes)
            for one in judgement.watch
            if one.entry.remind_after_minutes is not None
        }
        about = notify.wanted(
            decisions,
            told,
            remind_after,
            others=self._others(decisions, told),
            as_of=moment.as_of,
            cooldown=moment.cooldown,
            can_update=self.slack.can_update,
        )
        # A webhook has one channel, whatever is configured.
        channels = sorted({one.channel for one in judgement.watch}) if self.slack.can_update else [""]
        return [*about, *notify.notices(channels, told, as_of=moment.as_of, read_until=moment.read_until)]

    def _composed(self, wanted: Sequence[Wanted], as_of: datetime) -> list[Message]:
        first = time.time_ns() // 1000
        return [
            notify.message(wish, self.composer.body(wish), first + place, as_of) for place, wish in enumerate(wanted)
        ]

    def _others(self, decisions: Sequence[Decision], told: Told) -> list[Incident]:
        """The incidents that messages tell of besides those of which something is decided."""
        decided = {one.incident.incident_id for one in decisions}
        spoken = {one for message in told.messages if message.kind is Kind.ALERT for one in message.about}
        return store.incidents_of(self.warehouse, sorted(spoken - decided)) if spoken - decided else []

    def _give_up(self, message: Message, error: str, notice: Wanted | None) -> None:
        """Of a channel one is told once a month: whoever reads the first knows it."""
        as_of = self.run.started_at
        told = store.told(self.warehouse, [], as_of)
        is_new = notice is not None and told.last_notice(notice.channel, (notice.about,)) is None
        notices = self._composed([notice] if notice and is_new else [], as_of)
        statements = giving_up(has_notice=bool(notices))
        self._set(statements, message, Delivery.UNDELIVERABLE, None, error, messages=store.given_messages(notices))

    def _record(self, message: Message, state: Delivery, sent: Sent | None, error: str) -> None:
        self._set(SET_MESSAGE, message, state, sent, error)

    def _set(
        self,
        statements: Sequence[Statement],
        message: Message,
        state: Delivery,
        sent: Sent | None,
        error: str,
        **more: Any,
    ) -> None:
        write(
            self.run,
            "deliver",
            statements,
            message_key=message.message_key,
            state=state,
            now=self.clock(),
            slack_channel=(sent and sent.channel) or "",
            slack_ts=(sent and sent.ts) or "",
            error=error,
            **more,
        )
