"""What `mp init` says on its way and at its end, on stderr."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from mixpanel_data.cli.base.marks import MARKS
from mixpanel_data.cli.base.output import Output
from mixpanel_data.cli.base.streams import can_write
from mixpanel_data.doctor.check import Check, Verdict

_FETCHED_DAYS = 7


def tell_checks(checks: Sequence[Check], output: Output) -> None:
    """A line for each check, but not for those that could not be made."""
    for each in checks:
        if each.verdict is not Verdict.SKIPPED:
            # A name of Mixpanel's or Slack's can have line ends.
            said = " ".join(" ".join(filter(None, (each.found, each.remedy))).split())
            output.note(f"{_mark(each.verdict)} {each.name}: {said}")


def next_steps(*, has_slack: bool) -> str:
    """The commands that come next, in their order."""
    today = datetime.now(UTC).date()
    first, last = today - timedelta(days=_FETCHED_DAYS), today - timedelta(days=1)
    steps = [
        ("mp doctor", "checks whether all of it works"),
        ("mp collect", "collects the events of the last day"),
        *([("mp detect test-alert", "sends an invented alert to Slack")] if has_slack else []),
        (f"mp fetch events --from {first} --to {last}", "brings a week to your desk"),
    ]
    width = max(len(step) for step, _ in steps)
    return "\n".join(["", "Next:", *(f"  {step:<{width}}  {what}" for step, what in steps)])


def _mark(verdict: Verdict) -> str:
    return MARKS[verdict] if can_write(sys.stderr, MARKS[verdict]) else verdict.value
