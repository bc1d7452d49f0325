"""The detector: somebody hears of an abnormal volume within minutes, once, with everything to look into it.

A run asks first whether there is anything to judge: most runs end there. Else it judges the counts that changed since
the last run, decides which incidents open or end, records decisions and messages in one transaction, and then delivers
every message that is not delivered yet. It can be repeated, overlap itself or die at any point.

Its rooms, from the ground up, each importing only from those before it: `statistics` (how unusual is a count?),
`incidents` (which events are abnormal, and until when), `findings` (everything one run finds out), `messages` (which
are due, and their wording), `delivery` (to Slack). `study` judges the same way for a person at a desk; `trial` sends an
alert about invented events.
"""

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from mixpanel_data import runs
from mixpanel_data.base.clock import Clock
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import RequestError
from mixpanel_data.clients.slack import Slack
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.detect.detector_run import DetectorRun
from mixpanel_data.detect.findings.standing import IDLE_FIGURES, Outlook, Standing
from mixpanel_data.detect.job_ages import all_aged_from, job_ages
from mixpanel_data.detect.request import Options, Request, Result
from mixpanel_data.warehouse.base import Warehouse

if TYPE_CHECKING:
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

    A run that finds nothing new and nothing due ends with its first question. A message that Slack refuses is not an
    error: the answer counts it, and the next run tries again. Raises RequestError, ConfigError, and the warehouse's
    errors.
    """
    from mixpanel_data.detect.delivery.channels import check_channels
    from mixpanel_data.detect.findings.known_names import check_names

    now = clock()
    runs.check_daily_bytes(warehouse, now, 1.0)
    as_of = _as_of(request, now)
    selection = check_names(warehouse, events, request.events)
    check_channels(events, options.default_channel, slack)
    detector_run = DetectorRun(
        request, run_id, now, as_of, warehouse, events, selection, options, slack, clock, deadline
    )
    standing = detector_run.standing()
    if request.dry_run:
        return _dry(detector_run, standing)
    outlook = detector_run.settled(standing)
    if outlook is None:
        return _alone(detector_run)
    return _idle(detector_run, standing, outlook) or _quiet(detector_run, standing, outlook) or _alone(detector_run)


def _as_of(request: Request, now: datetime) -> datetime:
    if request.at is None:
        return now
    if request.at > now:
        raise RequestError(f"at ({request.at.isoformat()}) is in the future. Give a time in the past.")
    return request.at


def _dry(detector_run: DetectorRun, standing: Standing) -> Result:
    from mixpanel_data.detect.answer import result

    runs.check_origin(detector_run.warehouse, detector_run.options.origin)
    return result(detector_run.judge(standing))


def _idle(detector_run: DetectorRun, standing: Standing, outlook: Outlook) -> Result | None:
    """The answer of a run that has nothing to judge, which it records; None where it may have."""
    if standing.has_arrivals(outlook) or detector_run.now >= outlook.due_at:
        return None
    if standing.may_have_notices(outlook) and detector_run.is_any_waiting():
        return None
    runs.record_whole(detector_run.started(), IDLE_FIGURES)
    ages = job_ages(standing.aged_from(outlook.aged_from), detector_run.now)
    return Result(lag_seconds=ages, read_until=standing.progress.read_until)


def _quiet(detector_run: DetectorRun, standing: Standing, outlook: Outlook) -> Result | None:
    """The answer of a run that judges and finds nothing to write but its own row; None where there is something.

    It keeps nobody out, because it changes nothing: a lease and a guard cost more than what it reads.
    """
    if not detector_run.is_all_learned(standing, outlook):
        return None
    from mixpanel_data.detect.answer import result
    from mixpanel_data.detect.messages.outlook import outlook_after

    runs.check_origin(detector_run.warehouse, detector_run.options.origin)
    findings = detector_run.judge(standing)
    due = detector_run.due(findings)
    if findings.is_to_be_stored or findings.learning or due.is_any_waiting:
        return None
    aged_from = standing.aged_from(outlook.aged_from)
    answer = result(findings, ages=job_ages(aged_from, detector_run.now))
    left = outlook_after(standing, detector_run.configuration, findings, due, aged_from, is_all_delivered=True)
    runs.record_whole(detector_run.started(), _figures(answer, left))
    return answer


def _alone(detector_run: DetectorRun) -> Result:
    """The answer of a run that is the only one at work; or of one that leaves the work to another."""
    this_run, options = detector_run.started(), detector_run.options
    with runs.exclusive(this_run, options.lease_seconds, wait_until=None) as is_ours:
        if not is_ours:
            log.info("another run of the detector is in progress: this one does nothing")
            return Result(skipped=True)
        # Another run may have judged since the first question.
        standing = detector_run.standing()
        with runs.begin(this_run):
            findings = detector_run.judge(standing, run=this_run if detector_run.request.at is None else None)
            return _report(detector_run, this_run, standing, findings)


def _report(detector_run: DetectorRun, this_run: runs.Run, standing: Standing, findings: "Findings") -> Result:
    """Record the findings and deliver the messages they call for."""
    from mixpanel_data.detect.answer import result
    from mixpanel_data.detect.findings.delays import store_delays
    from mixpanel_data.detect.messages.outlook import outlook_after
    from mixpanel_data.detect.reporting import report

    store_delays(this_run, findings.delays, findings.context.as_of)
    due = detector_run.due(findings)
    delivered = report(detector_run, this_run, findings, due)
    aged_from = all_aged_from(this_run.warehouse, this_run.started_at)
    answer = result(findings, delivered, job_ages(aged_from, this_run.started_at))
    left = None
    if detector_run.is_over_all:
        is_done = not answer.undelivered
        left = outlook_after(standing, detector_run.configuration, findings, due, aged_from, is_all_delivered=is_done)
    this_run.figures |= _figures(answer, left)
    return answer


def _figures(answer: Result, left: Outlook | None) -> dict[str, object]:
    figures = {name: getattr(answer, name) for name in _FIGURES}
    return figures if left is None else {**figures, "outlook": left.document}
