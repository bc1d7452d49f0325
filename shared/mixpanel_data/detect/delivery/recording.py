"""Records a run's decisions together with the messages they call for: all of it, or nothing."""

from collections.abc import Sequence

from mixpanel_data.base.window import Window
from mixpanel_data.detect.findings.judging import Findings
from mixpanel_data.detect.incidents.alerts_table import STORE_INCIDENTS, incident_rows
from mixpanel_data.detect.messages.alert_messages_table import STORE_MESSAGES
from mixpanel_data.outbox.alert_messages_table import message_rows
from mixpanel_data.outbox.message import Message
from mixpanel_data.runs import Run, publish


def record(run: Run, findings: Findings, messages: Sequence[Message], *, is_of_all_events: bool) -> None:
    """Publish the changed incidents and the messages as the run's part. Raises as `runs.publish` does.

    A run over some events does not count as having judged the arrivals of all.
    """
    context, changed = findings.context, findings.changed_incidents
    publish(
        run,
        # Most runs find nothing, and pay for no statement about it.
        [*(STORE_INCIDENTS if changed else ()), *(STORE_MESSAGES if messages else ())],
        window=Window(context.as_of - context.max_age, context.as_of),
        figures={"incidents": len(changed)},
        arrivals_up_to=findings.handled_seq if is_of_all_events else None,
        read_until=context.read_until if is_of_all_events else None,
        as_of=context.as_of,
        incidents=incident_rows(changed),
        messages=message_rows(messages),
    )
