"""`mp detect`: run the detector, and help whoever is on call."""

from pathlib import Path
from typing import Annotated

import typer

from mixpanel_data.base.choices import SeriesKind
from mixpanel_data.base.clock import utc_now
from mixpanel_data.base.errors import RequestError
from mixpanel_data.cli.activity.shares import judged_up_to
from mixpanel_data.cli.base.help import Panel
from mixpanel_data.cli.base.instants import instant_of
from mixpanel_data.cli.base.jobs import existing_tables, run_job
from mixpanel_data.cli.base.options import command, command_of_group
from mixpanel_data.cli.base.output import Format, Output
from mixpanel_data.cli.oncall.incidents import ALERTS, BACKTEST, SERIES, with_plots, with_windows
from mixpanel_data.cli.oncall.mutes import mute, mutes, unmute
from mixpanel_data.cli.oncall.trial import send_test_alert

_MOST_BUDGET = 1000

app = typer.Typer(name="detect", rich_help_panel=Panel.JOBS)

_At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="Check as of this time, ISO 8601; default: now.")]


@command_of_group(app)
def detect(
    output: Output,
    at: _At = None,
    events: Annotated[
        list[str] | None, typer.Option("--event", metavar="NAME", help="Only this event; can be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the result; store and send nothing.")] = False,
) -> None:
    """Check the events that arrived since the last run, and alert Slack once per incident.

    It is safe to repeat, overlap or interrupt: nobody is alerted twice.

    Example: `mp detect --event Purchase --dry-run`
    """
    from mixpanel_data import detect as detector
    from mixpanel_data.wiring.detect import run

    with output.progress("Judging"):
        answer = run_job(detector.Request, run, {"at": at, "events": events or None, "dry_run": dry_run})
    output.show(answer, ALERTS, rows=with_windows(answer["alerts"]))
    if output.format is Format.TABLE:
        rest = ", ".join(f"{name} {answer[name]}" for name in ("notified", "suppressed", "resolved", "undelivered"))
        output.note(f"{len(answer['alerts'])} incidents opened or changed; {rest}.")


@command(app)
def explain(
    output: Output,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The raw event name.")],
    at: _At = None,
    minutes: Annotated[int, typer.Option(min=1, max=1440, help="How many of the newest minutes to show.")] = 60,
) -> None:
    """Show an event's counts, the counts expected, and the detector's verdict.

    Example: `mp detect explain Purchase --minutes 30 --format table`
    """
    from mixpanel_data import calls
    from mixpanel_data.base.deadline import Deadline
    from mixpanel_data.detect.findings.known_names import check_names
    from mixpanel_data.detect.study.explain import explain as explained
    from mixpanel_data.wiring.files import events_config

    with existing_tables() as session, output.progress("Judging"):
        as_of = instant_of("--at", at)
        config = events_config(session.settings)
        check_names(session.warehouse, config, [event], parameter="event")
        explanation = explained(
            session.warehouse,
            config,
            event,
            as_of or utc_now(),
            is_of_now=as_of is None,
            minutes=minutes,
            zone=session.settings.mixpanel_timezone,
            deadline=Deadline(),
        )
    answer = calls.plain(explanation)
    series = answer["series"]
    top = max([1.0, *(max(row["count"], row["high"]) for row in series)])
    legend = f"plot: █ count, [ ] band of what is normal, | expected; from 0 to {top:g}"
    output.show(answer, SERIES, rows=with_plots(series, top), legend=legend)
    if output.format is Format.TABLE:
        for episode in answer["episodes"]:
            output.note(
                f"abnormal, {episode['direction']}, by {', '.join(episode['rules'])}: {episode['first']['start']}"
                f" to {episode['abnormal_until']}, at most {episode['peak']['count']}"
                f" against {episode['peak']['expected']} expected"
            )
        if not answer["episodes"]:
            output.note("Nothing is abnormal in the last day.")
        output.note(f"Shown as far as the collector has read: {answer['read_until'] or 'nothing, as of this time'}.")


@command(app)
def backtest(
    output: Output,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days before now, or before --at.")] = 90,
    budget: Annotated[
        float | None, typer.Option(metavar="N", help="False incidents a week, instead of the configured number.")
    ] = None,
    at: _At = None,
    events: Annotated[
        list[str] | None, typer.Option("--event", metavar="NAME", help="Only this event; can be repeated.")
    ] = None,
) -> None:
    """Show which alerts the detector would have sent over your history, had it run every 5 minutes.

    Example: `mp detect backtest --days 30 --format table`
    """
    from mixpanel_data import calls
    from mixpanel_data.detect.findings.known_names import check_names
    from mixpanel_data.detect.study.backtest import backtest as tested
    from mixpanel_data.wiring.files import events_config

    if budget is not None and not 0 < budget <= _MOST_BUDGET:
        raise RequestError(f"--budget is {budget:g}: give a number above 0, at most {_MOST_BUDGET}.")
    with existing_tables() as session, output.progress("Judging the history"):
        configured = events_config(session.settings)
        if budget is not None:
            configured = configured.model_copy(update={"false_alerts_per_week": budget})
        selection = check_names(session.warehouse, configured, events or None)
        test = tested(
            session.warehouse,
            configured,
            selection,
            end=instant_of("--at", at) or utc_now(),
            days=days,
            zone=session.settings.mixpanel_timezone,
            progress=judged_up_to(instant_of("--at", at) or utc_now()),
        )
    answer = calls.plain(test)
    output.show(answer, BACKTEST, rows=with_windows(answer["alerts"]))
    if output.format is Format.TABLE:
        output.note(
            f"{len(answer['alerts'])} incidents of {answer['events']} events in {days} days, "
            f"{answer['alerts_per_week']:g} a week; judged up to {answer['judged_until']}."
        )


@command(app)
def series(
    output: Output,
    source: Annotated[Path, typer.Argument(metavar="IN", help="A CSV or CSV.gz with timestamp,value, or a folder.")],
    out: Annotated[
        Path, typer.Option(metavar="OUT", help="Where the judged rows go: a folder, or a .csv for one file.")
    ],
    kind: Annotated[
        SeriesKind | None, typer.Option(help="The model to use; by default, the first rows decide.")
    ] = None,
) -> None:
    """Judge any series: copy each row with its score (abnormal from 0.5 on) and the expected band.

    Each score follows from its row and earlier rows alone. The output folder has the layout of the input folder.

    Example: `mp detect series latencies.csv --out judged.csv`
    """
    from mixpanel_data.detect.study.files import score_files

    with output.progress("Judging"):
        judged = score_files(source, out, kind)
    files = [
        {"in": str(one.source), "out": str(one.output), "rows": one.rows, "abnormal_rows": one.abnormal_rows}
        for one in judged.files
    ]
    if output.format is Format.JSON:
        output.show({"files": files, "rows": judged.rows, "abnormal_rows": judged.abnormal_rows})
    else:
        output.show(files)


for _each in (mute, unmute, mutes):
    command(app)(_each)
command(app, "test-alert")(send_test_alert)
