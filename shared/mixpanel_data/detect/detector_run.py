"""One run of the detector: what it was called with, and its steps that read the warehouse."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mixpanel_data import runs
from mixpanel_data.base.clock import Clock
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.window import Window
from mixpanel_data.clients.slack import Slack
from mixpanel_data.configuration.events import EventsConfig, EventSelection
from mixpanel_data.detect.findings.standing import (
    Outlook,
    Standing,
    configuration_of,
    read_standing,
)
from mixpanel_data.detect.request import Options, Request
from mixpanel_data.warehouse.base import Warehouse

if TYPE_CHECKING:
    from mixpanel_data.detect.findings.judging import Findings
    from mixpanel_data.detect.messages.due import DueMessages

# numpy takes some 0.2 s to import: only in the steps that judge, so that a run with nothing to judge ends without it.


@dataclass(frozen=True, slots=True)
class DetectorRun:
    """A run that started at `now` and judges as of `as_of`, both UTC. Every method raises the warehouse's errors."""

    request: Request
    run_id: str
    now: datetime
    as_of: datetime
    warehouse: Warehouse
    events: EventsConfig
    selection: EventSelection
    options: Options
    slack: Slack | None
    clock: Clock
    deadline: Deadline

    @property
    def is_over_all(self) -> bool:
        """True of a run of now over all events, whose outlook holds for the next ones."""
        return self.request.at is None and self.request.events is None

    @property
    def configuration(self) -> str:
        """A fingerprint of what this run judges by, and of how it can send."""
        sends = None if self.slack is None else (self.slack.can_update, self.slack.can_find)
        options = self.options
        return configuration_of(self.events, options.default_channel, options.time_zone, options.origin, sends)

    def started(self) -> runs.Run:
        """The run as `runs` records it."""
        window = Window(self.as_of - timedelta(hours=self.events.max_age_hours), self.as_of)
        # What a run about all events was asked for now tells later runs which events were watched.
        asked = f" {self.selection.text}" if self.is_over_all else ""
        return runs.Run(
            self.run_id,
            self.request.job,
            self.now,
            window,
            self.warehouse,
            self.clock,
            request=asked,
            origin=self.options.origin,
        )

    def standing(self) -> Standing:
        """Where things stand."""
        return read_standing(self.warehouse, self.as_of)

    def settled(self, standing: Standing) -> Outlook | None:
        """What the last run has left for this one; None where this one has to judge whatever that left."""
        return standing.settled(self.configuration, self.now) if self.is_over_all else None

    def is_any_waiting(self) -> bool:
        """True where a message waits that this run can send."""
        from mixpanel_data.detect.messages.alert_messages_table import waiting_messages

        return self.slack is not None and bool(waiting_messages(self.warehouse, self.as_of))

    def is_all_learned(self, standing: Standing, outlook: Outlook) -> bool:
        """True where, as far as the last run could tell, this one has nothing to learn."""
        read_until = standing.progress.read_until
        return self.now < outlook.due_at and (read_until is None or read_until < outlook.learn_again_at)

    def judge(self, standing: Standing, run: runs.Run | None = None) -> "Findings":
        """Judge; a `run` stores what it learns."""
        from mixpanel_data.detect.findings.judging import judge

        progress, left = standing.progress, self.settled(standing)
        # Arrivals of longer ago are no longer looked through.
        if left is not None and standing.is_last_within(timedelta(hours=self.events.max_age_hours), self.now):
            progress = replace(progress, young=frozenset(left.young), young_since=left.young_since)
        return judge(
            self.warehouse,
            self.events,
            self.selection,
            self.options.default_channel,
            self.as_of,
            progress,
            is_of_now=self.request.at is None,
            zone=self.options.time_zone,
            deadline=self.deadline,
            run=run,
        )

    def due(self, findings: "Findings") -> "DueMessages":
        """The messages that are due after these findings."""
        from mixpanel_data.detect.messages.due import NO_MESSAGES, due_messages

        return due_messages(self.warehouse, findings, can_update=self.slack.can_update) if self.slack else NO_MESSAGES
