"""Reports what a run found: records it with the messages that are due, and delivers every message that waits."""

from mixpanel_data.detect.delivery.outbox import Outbox
from mixpanel_data.detect.delivery.pictures import Pictures
from mixpanel_data.detect.delivery.recording import record
from mixpanel_data.detect.delivery.sending import DeliveryReport
from mixpanel_data.detect.detector_run import DetectorRun
from mixpanel_data.detect.findings.judging import Findings
from mixpanel_data.detect.messages.composer import Composer
from mixpanel_data.detect.messages.due import DueMessages
from mixpanel_data.outbox.channels import normalized_channel
from mixpanel_data.runs import Run


def report(detector_run: DetectorRun, this_run: Run, findings: Findings, due: DueMessages) -> DeliveryReport | None:
    """Record and deliver; None without Slack. Raises as `runs.publish` does."""
    options, slack = detector_run.options, detector_run.slack
    composer = Composer(this_run.warehouse, detector_run.events, findings, options.time_zone)
    messages = composer.messages(due.planned, findings.context.as_of)
    record(this_run, findings, messages, is_of_all_events=detector_run.request.events is None)
    if slack is None:
        return None
    if not due.is_any_waiting:
        return DeliveryReport()
    incidents = [incident for planned in due.planned for incident in planned.incidents]
    incidents += [decision.incident for decision in findings.decisions]
    pictures = Pictures(findings, incidents, slack, composer.redactor, detector_run.deadline)
    channel = normalized_channel(options.default_channel)
    return Outbox(this_run, composer).deliver(slack, detector_run.deadline, channel, pictures)
