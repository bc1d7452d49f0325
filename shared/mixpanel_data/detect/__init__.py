"""The detector: somebody hears of an abnormal volume within minutes, once, with everything to look into it.

A run judges the counts that changed since the last run, decides which incidents open or end, records decisions and
messages in one transaction, and then delivers every message that is not delivered yet. It can be repeated, overlap
itself or die at any point.

Its rooms, from the ground up, each importing only from those before it: `statistics` (how unusual is a count?),
`incidents` (which events are abnormal, and until when), `findings` (everything one run finds out), `messages` (which
are due, and their wording), `delivery` (to Slack). `study` judges the same way for a person at a desk; `trial` sends an
alert about invented events.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from mixpanel_data import runs
from mixpanel_data.base.clock import Clock
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import RequestError
from mixpanel_data.base.window import Window
from mixpanel_data.clients.slack import Slack
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.detect.incidents.incident import Incident, State
from mixpanel_data.detect.request import Alert, Options, Request, Result
from mixpanel_data.warehouse.base import Warehouse

if TYPE_CHECKING:
    from mixpanel_data.detect.delivery.sending import DeliveryReport
    from mixpanel_data.detect.findings.judging import Findings

__all__ = ["Options", "Request", "Result", "run"]

log = logging.getLogger(__name__)

_FIGURES = ("notified", "suppressed", "resolved", "undelivered", "lag_seconds")


def run(
    request: Request,
    *,
    run_id: str,
    warehouse: Warehouse,
    events: EventsConfig,
    options: Options,
    slack: Slack | None,
    clock: Clock,
    deadline: Deadline,
) -> Result:
    """Judge, decide, and send. Without `slack` incidents are recorded, and nobody is alerted.

    Raises RequestError, ConfigError, and the warehouse's errors. A message that Slack refuses is not an error: the
    answer counts it, and the next run tries again.
    """
    # numpy takes some 0.2 s to import: only here, so that a function starts to answer without it.
    from mixpanel_data.detect.delivery.channels import check_channels
    from mixpanel_data.detect.findings.judging import judge
    from mixpanel_data.detect.findings.known_names import check_names

    now = clock()
    as_of = _as_of(request, now)
    selection = check_names(warehouse, events, request.events)
    check_channels(events, options.default_channel, slack)
    judged = partial(
        judge,
        warehouse,
        events,
        selection,
        options.default_channel,
        as_of,
        is_of_now=request.at is None,
        zone=options.time_zone,
        deadline=deadline,
    )
    if request.dry_run:
        runs.check_origin(warehouse, options.origin)
        return _result(judged())
    window = Window(as_of - timedelta(hours=events.max_age_hours), as_of)
    # What a run about all events was asked for now tells later runs which events were watched.
    asked = f" {selection.text}" if request.events is None and request.at is None else ""
    this_run = runs.Run(run_id, Request.job, now, window, warehouse, clock, request=asked, origin=options.origin)
    with runs.exclusive(this_run, options.lease_seconds, wait_until=None) as is_ours:
        if not is_ours:
            log.info("another run of the detector is in progress: this one does nothing")
            return Result(skipped=True)
        with runs.begin(this_run):
            findings = judged(run=this_run if request.at is None else None)
            return _report(this_run, request, findings, events, options, slack, deadline)


def _report(
    this_run: runs.Run,
    request: Request,
    findings: "Findings",
    events: EventsConfig,
    options: Options,
    slack: Slack | None,
    deadline: Deadline,
) -> Result:
    """Record the findings and deliver the messages they call for."""
    from mixpanel_data.detect.delivery.outbox import Outbox
    from mixpanel_data.detect.delivery.pictures import Pictures
    from mixpanel_data.detect.delivery.recording import record
    from mixpanel_data.detect.findings.delays import store_delays
    from mixpanel_data.detect.job_ages import job_ages
    from mixpanel_data.detect.messages.composer import Composer
    from mixpanel_data.detect.messages.due import due_messages
    from mixpanel_data.outbox.channels import normalized_channel

    warehouse = this_run.warehouse
    store_delays(this_run, findings.delays, findings.context.as_of)
    composer = Composer(warehouse, events, findings, options.time_zone)
    due = due_messages(warehouse, findings, can_update=slack.can_update) if slack else []
    messages = composer.messages(due, findings.context.as_of)
    record(this_run, findings, messages, is_of_all_events=request.events is None)
    report = None
    if slack is not None:
        outbox = Outbox(this_run, composer)
        incidents = [incident for planned in due for incident in planned.incidents]
        incidents += [decision.incident for decision in findings.decisions]
        pictures = Pictures(findings, incidents, slack, composer.redactor, deadline)
        report = outbox.deliver(slack, deadline, normalized_channel(options.default_channel), pictures)
    result = _result(findings, report, job_ages(warehouse, this_run.started_at))
    this_run.figures |= {name: getattr(result, name) for name in _FIGURES}
    return result


def _as_of(request: Request, now: datetime) -> datetime:
    if request.at is None:
        return now
    if request.at > now:
        raise RequestError(f"at ({request.at.isoformat()}) is in the future. Give a time in the past.")
    return request.at


def _result(
    findings: "Findings", report: "DeliveryReport | None" = None, ages: Mapping[str, float] | None = None
) -> Result:
    changed = [decision for decision in findings.decisions if decision.changes]
    ended = [each for each in changed if each.resolves or (each.opens and each.incident.state is State.RESOLVED)]
    return Result(
        alerts=[_alert(decision.incident) for decision in changed],
        notified=report.sent if report else 0,
        suppressed=sum(decision.incident.is_muted for decision in changed),
        resolved=len(ended),
        undelivered=report.undelivered if report else 0,
        lag_seconds=ages or {},
        read_until=findings.context.read_until,
        learning=len(findings.learning),
    )


def _alert(incident: Incident) -> Alert:
    return Alert(
        event=incident.event_name,
        rule=incident.rules[0],
        direction=incident.direction,
        state=incident.state,
        window_start=incident.first.start,
        window_end=incident.first.end,
        count=incident.first.count,
        expected=incident.first.expected,
        peak_start=incident.peak.start,
        peak_end=incident.peak.end,
        peak_count=incident.peak.count,
        peak_expected=incident.peak.expected,
        threshold=incident.threshold,
        channel=incident.channel,
    )
