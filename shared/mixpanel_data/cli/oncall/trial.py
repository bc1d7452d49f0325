"""`mp detect test-alert`."""

from typing import Annotated

import typer

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.cli.activity.activity import shown
from mixpanel_data.cli.base.jobs import new_call, settings_alone
from mixpanel_data.cli.base.output import Output
from mixpanel_data.cli.base.tables.columns import Choice, Column, Kind

_CHECKS: Choice = ("step", "is_ok", "scopes", Column("problem", kind=Kind.PROSE), Column("advice", kind=Kind.PROSE))
# A person waits for it.
_SECONDS = 120.0


def send_test_alert(
    output: Output,
    channel: Annotated[
        str | None, typer.Option("--channel", metavar="NAME", help="Where to send it. Default: SLACK_CHANNEL.")
    ] = None,
) -> None:
    """Send an alert about invented events to Slack, marked as a test, and check everything that alerts need there.

    It says by name which scope or invitation is missing. The tables and the real messages stay as they are.

    Example: `mp detect test-alert --channel "#alerts" --format table`
    """
    from mixpanel_data import calls
    from mixpanel_data.wiring.detect import run_trial

    # What the detector logs on its way is about the invented dataset.
    with settings_alone() as session, shown("Sending", quiet=True, verbose=False):
        trial = run_trial(channel, session, new_call(_SECONDS))
    answer = calls.plain(trial)
    output.show(answer, _CHECKS, rows=answer["checks"])
    if trial.is_webhook:
        output.note(
            "A webhook shows no plot, updates no message and may send one twice: set SLACK_BOT_TOKEN to have all of it."
        )
    if trial.failed:
        told = " ".join(f"{check.step}: {check.problem}. {check.advice}" for check in trial.failed)
        raise ConfigError(f"Slack: {told}")
