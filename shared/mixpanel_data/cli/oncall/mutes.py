"""`mp detect mute`, `unmute` and `mutes`."""

import getpass
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from mixpanel_data.base.clock import utc_now
from mixpanel_data.base.errors import RequestError
from mixpanel_data.cli.base.jobs import existing_tables, new_call
from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data.cli.base.tables.columns import Choice, Column, Kind, spare

if TYPE_CHECKING:
    from mixpanel_data.configuration.events import EventsConfig
    from mixpanel_data.detect.incidents.mutes import MutePeriod
    from mixpanel_data.warehouse.base import Warehouse

# What stands for all watched events together.
_WHOLE = "*"
_COLUMNS: Choice = (
    "event",
    "state",
    Column("muted_from", kind=Kind.MINUTE),
    Column("muted_to", kind=Kind.MINUTE),
    Column("reason", kind=Kind.PROSE),
    "muted_by",
    *spare("source"),
)
_ADVICE = "To mute an event before it first comes, add --new."
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}

_Event = Annotated[
    str, typer.Argument(metavar="EVENT", help="The raw event name; '*' for all watched events together.")
]


def mute(
    output: Output,
    event: _Event,
    duration: Annotated[str, typer.Option("--for", metavar="TIME", help="For how long: 30m, 2h, 3d.")],
    reason: Annotated[str, typer.Option(help="Why the event is muted, for your colleagues.")] = "muted by hand",
    muted_by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who mutes it. Default: your login name.")
    ] = None,
    is_new: Annotated[
        bool, typer.Option("--new", help="Mute an event that never came, such as before a launch.")
    ] = False,
) -> None:
    """Mute an event: its incidents are recorded, and reach Slack only if they outlast the mute.

    Mutes may overlap; the event is muted as long as one of them lasts.

    Example: `mp detect mute Purchase --for 2h --reason "load test"`
    """
    from mixpanel_data import calls
    from mixpanel_data.detect.incidents.mutes import MutePeriod, store_mute
    from mixpanel_data.wiring.files import events_config

    call = new_call()
    start = utc_now()
    period = MutePeriod(event, start, start + _span(duration), reason, _login() if muted_by is None else muted_by)
    with existing_tables() as session:
        if event != _WHOLE:
            _check(session.warehouse, events_config(session.settings), event, is_new=is_new, advice=_ADVICE)
        store_mute(session.warehouse, call.run_id, period)
    output.show(
        {
            "event": event,
            "muted_from": calls.plain(period.start),
            "muted_to": calls.plain(period.end),
            "reason": reason,
            "muted_by": period.muted_by,
        }
    )


def mutes(output: Output) -> None:
    """List the mutes that last or are still to come, those of the configuration too.

    Example: `mp detect mutes --format table`
    """
    from mixpanel_data import calls
    from mixpanel_data.detect.incidents.mutes import configured_mutes, stored_mutes
    from mixpanel_data.wiring.files import events_config

    now = utc_now()
    with existing_tables() as session:
        configured = configured_mutes(events_config(session.settings), now)
        stored = stored_mutes(session.warehouse, now)
    known = [(period, "command") for period in stored] + [(period, "configuration") for period in configured]
    rows = [
        {
            "event": period.event_name,
            "state": "muted" if period.start <= now else "to come",
            "muted_from": calls.plain(period.start),
            "muted_to": calls.plain(period.end),
            "reason": period.reason,
            "muted_by": period.muted_by,
            "source": source,
        }
        for period, source in sorted(known, key=lambda each: (each[0].start, each[0].event_name, each[0].end))
    ]
    output.show(rows, _COLUMNS)
    if output.format is Format.TABLE and not rows:
        output.note("Nothing is muted.")


def unmute(output: Output, event: _Event) -> None:
    """End all mutes of an event now, those to come too; to repeat it changes nothing.

    Mutes that are over stay on record. Mutes of the events configuration end there.

    Example: `mp detect unmute Purchase`
    """
    from mixpanel_data import calls
    from mixpanel_data.detect.incidents.mutes import configured_mutes, end_mutes, stored_mutes
    from mixpanel_data.wiring.files import events_config

    call, now = new_call(), utc_now()
    with existing_tables() as session:
        config = events_config(session.settings)
        ended = [period for period in stored_mutes(session.warehouse, now) if period.event_name == event]
        configured = [period for period in configured_mutes(config, now) if period.event_name == event]
        if ended:
            end_mutes(session.warehouse, call.run_id, event, now)
        elif event != _WHOLE and not configured:
            _check(session.warehouse, config, event)
    _refuse_configured(event, configured, is_any_ended=bool(ended), output=output)
    output.show({"event": event, "ended": len(ended), "unmuted_at": calls.plain(now)})


def _refuse_configured(event: str, configured: "Sequence[MutePeriod]", *, is_any_ended: bool, output: Output) -> None:
    """Say that mutes of the configuration last; an error if there are no others."""
    if not configured:
        return
    last = max(period.end for period in configured)
    told = f"The events configuration mutes {event!r} until {_minute(last)}: remove that entry of its mute."
    if not is_any_ended:
        raise RequestError(told)
    output.note(told)


def _check(
    warehouse: "Warehouse", config: "EventsConfig", event: str, *, is_new: bool = False, advice: str = ""
) -> None:
    from mixpanel_data.detect.findings.known_names import check_names

    if is_new:
        config.selected([event])
    else:
        check_names(warehouse, config, [event], parameter="event", advice=advice)


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _login() -> str:
    # Without a login name: KeyError before Python 3.13, OSError from then on; ImportError on Windows.
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


def _span(text: str) -> timedelta:
    found = re.fullmatch(r"([0-9]{1,6})([mhd])", text.strip())
    if not found or not int(found[1]):
        raise RequestError(f"--for is {text!r}. Give minutes, hours or days, such as 30m, 2h or 3d.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
