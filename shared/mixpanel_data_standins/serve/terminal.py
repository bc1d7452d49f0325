"""What `mp serve` prints: a line for each run, whoever called the function, and what goes wrong."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from mixpanel_data.base.clock import Clock
from mixpanel_data.base.log_lines import line
from mixpanel_data_standins.function_process import log_entry

# The frame of an answer, and figures that are the same in every run or no counts.
_NO_FIGURES = ("seconds", "lag", "received", "filtered", "bytes")
_MOST_ALERTS = 2


class Terminal:
    """Writes lines to stdout, those of runs with the time of `clock`. Threads can share it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def say(self, text: str) -> None:
        """Write a line."""
        # One call per line, so that the lines of several threads do not mix.
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def tell(self, who: str, what: str) -> None:
        """Write a line about a server or a run, under the others like it."""
        self.say(f"{who:>21} | {what}")

    def hear(self, function: str, text: str) -> None:
        """Write what a function's output says of a run that has ended, of trouble, or of neither's form."""
        severity, message, fields = log_entry(text)
        if fields.get("event") == "run_finished":
            self.tell(function, f"{self._clock():%d %b %H:%M}  {outcome(fields)}")
        elif severity not in ("INFO", "DEBUG") or not fields:
            self.tell(function, line(severity, message, fields))


def outcome(fields: Mapping[str, Any]) -> str:
    """What a run did, in a few words: `245 inserted, 0.4 s`."""
    if fields.get("status") != "ok":
        error = fields.get("error") or {}
        return f"failed: {error.get('message', 'no message')}"
    figures = {**fields, **(fields["changed"] if isinstance(fields.get("changed"), Mapping) else {})}
    counts = [
        f"{value:,} {name.replace('_', ' ')}"
        for name, value in figures.items()
        if type(value) is int and value and name not in _NO_FIGURES
    ]
    said = [*_alerts(fields.get("alerts") or ()), *counts]
    return ", ".join([*(said or ["nothing new"]), f"{fields['seconds']:.1f} s"])


def _alerts(alerts: Sequence[Mapping[str, Any]]) -> list[str]:
    """The incidents that opened, changed or ended: `Checkout Failed high and open`."""
    told = [f"{alert['event']} {alert['direction']} and {alert['state']}" for alert in alerts[:_MOST_ALERTS]]
    return [*told, f"{len(alerts) - _MOST_ALERTS} more"] if len(alerts) > _MOST_ALERTS else told
