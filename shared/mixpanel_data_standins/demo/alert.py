"""The third step: the detector finds the fault in invented traffic and alerts a stand-in Slack, once."""

import base64
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixpanel_data.base.clock import utc_now
from mixpanel_data_standins.demo.stage import Stage, report
from mixpanel_data_standins.sample.traffic import BROKEN_VERSION, DAYS, traffic
from mixpanel_data_standins.slack import StandInSlack
from mixpanel_data_standins.slack.page import page

if TYPE_CHECKING:
    from rich.console import Console


def step(stage: Stage) -> bool:
    """Collect traffic with a fault in it and run the detector twice; returns whether it sent the one right alert."""
    from rich.markup import escape

    now = utc_now()
    stage.mixpanel.add(traffic(now))
    window = {"from": f"{now - timedelta(days=DAYS):%Y-%m-%d}", "to": f"{now + timedelta(days=1):%Y-%m-%d}"}
    stage.call("collector", window, f"Collect {DAYS} days of invented traffic, up to now, with a fault in it")
    first = stage.call("detector", {}, "Look for anything abnormal")
    again = stage.call("detector", {}, "Look again: the same alert is not sent twice")
    page_beside(stage.database).write_text(_self_contained(page(stage.slack), stage.slack), encoding="utf-8")
    messages = [message for message in stage.slack.messages if message.thread_ts is None]
    for message in messages:
        stage.say(f"\n[bold]In Slack, #{message.channel.name}:[/] {escape(message.text)}\n")
    return check_alert(stage.console, first, again, [message.all_text for message in messages])


def page_beside(database: Path) -> Path:
    """The file in which the demo leaves the alert."""
    return database.with_name(f"{database.stem}-alert.html")


def check_alert(
    console: "Console", first: Mapping[str, Any], again: Mapping[str, Any], messages: Sequence[str]
) -> bool:
    """Compare the detector's answers and messages with the fault in the traffic; print each check, return whether all
    passed."""
    found = [(alert["event"], alert["direction"]) for alert in first["alerts"]]
    sent = first["notified"], again["notified"], len(messages)
    checks = {
        "the detector found too many Checkout Failed events, and nothing else": found == [("Checkout Failed", "high")],
        f"the message names the faulty version, {BROKEN_VERSION}": any(BROKEN_VERSION in text for text in messages),
        "the alert was sent once": sent == (1, 0, 1),
    }
    return report(console, checks, "The alert is wrong.")


def _self_contained(html: str, slack: StandInSlack) -> str:
    """The page with its pictures in it, so that they appear after the stand-in has stopped."""
    for file in slack.files.values():
        picture = base64.b64encode(file.content or b"").decode()
        html = html.replace(f'"/files/{file.id}"', f'"data:image/png;base64,{picture}"')
    return html
