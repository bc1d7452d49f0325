"""The detector: somebody hears of an abnormal volume within minutes, once, with what they need to look into it.

A run judges what changed since the last one, decides what becomes of incidents, keeps decisions and messages in one
transaction, and then delivers all that is not delivered. It may be repeated, overlap itself or die at any point.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from mixpanel_data import runs
from mixpanel_data.base.clock import Clock
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError, RequestError, listed
from mixpanel_data.base.window import Window
from mixpanel_data.clients.slack import Slack
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.detect.incident import Incident, State
from mixpanel_data.detect.request import Alert, Options, Request, Result
from mixpanel_data.warehouse.base import Warehouse

if TYPE_CHECKING:
    from mixpanel_data.detect.delivery import Report
    from mixpanel_data.detect.judging import Judgement

__all__ = ["Options", "Request", "Result", "run"]

log = logging.getLogger(__name__)

_FIGURES = ("notified", "suppressed", "resolved", "undelivered", "lag_seconds")
# Longer than any job may go without a run before an alert is due: who is no longer found is no longer told of.
_AGES_SINCE = timedelta(days=90)


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
    """Judge, decide, and tell. Without `slack` incidents are recorded and nobody is told.

    Raises RequestError, ConfigError, and what the warehouse raises. What Slack refuses is no error: it is told in the
    answer, and the next run tries again.
    """
    # numpy is imported by a call, so that a function that starts answers soon.
    from mixpanel_data.detect import judging, pictures
    from mixpanel_data.detect.compose import Composer
    from mixpanel_data.detect.outbox import Outbox
    from mixpanel_data.detect.redaction import Redactor
    from mixpanel_data.detect.watch import channel

    now = clock()
    as_of = _as_of(request, now)
    selection = events.selected(request.events)
    _check_channels(events, options, slack)

    of = (warehouse, events, selection, options.default_channel, as_of)
    judge = partial(judging.judge, *of, is_of_now=request.at is None, deadline=deadline)
    if request.dry_run:
        return _result(judge())
    window = Window(as_of - timedelta(hours=events.max_age_hours), as_of)
    this_run = runs.Run(run_id, Request.job, now, window, warehouse, clock)
    with runs.exclusive(this_run, options.lease_seconds, wait_until=None) as is_ours:
        if not is_ours:
            log.info("another run of the detector is at work")
            return Result(skipped=True)
        with runs.begin(this_run):
            judgement = judge()
            judging.keep_baselines(this_run, judgement)
            outbox = Outbox(warehouse, this_run, slack, Composer(warehouse, events, options, judgement), clock)
            outbox.decide(judgement, is_of_all_events=request.events is None)
            report = outbox.deliver(deadline, channel(options.default_channel))
            if slack is not None:
                pictures.upload(report.alerts, judgement, slack, Redactor(events.redact), deadline)
            told = _result(judgement, report, _job_ages(warehouse, now))
            this_run.figures |= {name: getattr(told, name) for name in _FIGURES}
    return told


def _as_of(request: Request, now: datetime) -> datetime:
    if request.at is None:
        return now
    if request.at > now:
        raise RequestError(f"at ({request.at.isoformat()}) lies in the future: nothing can be known of it.")
    return request.at


def _check_channels(events: EventsConfig, options: Options, slack: Slack | None) -> None:
    """Whether each alert has a place to go to. Raises ConfigError; warns of what a webhook cannot do."""
    if slack is None:
        log.warning("neither SLACK_BOT_TOKEN nor SLACK_WEBHOOK_URL is set: incidents are recorded, nobody is told")
        return
    enabled = [(place, event) for place, event in enumerate(events.events) if event.enabled]
    if not slack.can_update:
        own = [event.name for _, event in enabled if event.alert_channel]
        if own:
            log.warning(
                "a webhook posts to its own channel alone, not to those of %s: set SLACK_BOT_TOKEN", listed(own)
            )
        log.warning("over a webhook a message whose answer is lost is sent again: set SLACK_BOT_TOKEN")
        return
    for place, event in enabled:
        if not (event.alert_channel or options.default_channel):
            raise ConfigError(
                f"events[{place}] ({event.name!r}) has no alert_channel and SLACK_CHANNEL is not set. Set one of them."
            )


def _job_ages(warehouse: Warehouse, now: datetime) -> dict[str, float]:
    """How old each job's last good run is, in seconds; a line of the log for each, which is what alerts look at."""
    from mixpanel_data.detect.statements import JOB_AGES

    rows = warehouse.rows(JOB_AGES, since=now - _AGES_SINCE)
    ages = {row["job"]: round((now - row["aged_from"]).total_seconds(), 3) for row in rows}
    for job, age in ages.items():
        log.info("%s: %.0f s old", job, age, extra={"event": "job_age", "job": job, "age_seconds": age})
    return ages


def _result(judgement: "Judgement", report: "Report | None" = None, ages: Mapping[str, float] | None = None) -> Result:
    changed = [one for one in judgement.decisions if one.changes]
    return Result(
        alerts=[_alert(one.incident) for one in changed],
        notified=report.sent if report else 0,
        suppressed=sum(one.incident.is_muted for one in changed),
        resolved=sum(one.resolves or (one.opens and one.incident.state is State.RESOLVED) for one in changed),
        undelivered=report.undelivered if report else 0,
        lag_seconds=ages or {},
        read_until=judgement.moment.read_until,
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
        threshold=incident.threshold,
        channel=incident.channel,
    )
