"""A trial of the way to Slack: an alert about invented events, found, written and delivered as every other alert.

The detector itself runs over a dataset that holds nothing but the invented events. So the message is what people will
see, and nothing of it reaches the tables of the real detector, which neither sends it again nor updates it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from mixpanel_data import detect
from mixpanel_data.base.clock import Clock
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import ConfigError
from mixpanel_data.clients.slack import (
    Body,
    Found,
    NotSent,
    Outcome,
    Sent,
    Slack,
    Stored,
)
from mixpanel_data.clients.slack.advice import FINDING, PICTURES, POSTING, advice, problem_of
from mixpanel_data.configuration.events import Event, EventsConfig
from mixpanel_data.detect.request import Options
from mixpanel_data.detect.trial_history import write_history
from mixpanel_data.outbox.blocks import section
from mixpanel_data.outbox.channels import normalized_channel
from mixpanel_data.warehouse.base import Warehouse

EVENT_NAME = "Test event"
"""The event that a trial invents."""

_MARK = "🧪 TEST: "
_BANNER = (
    "🧪 *This is a test, nothing happened.* Its events are invented, to show what an alert looks like and that it "
    "arrives."
)
_POST, _STORE, _FIND = "post the alert", "upload the plot", "look for the alert"
# The clocks of Slack and of this machine may differ.
_SEARCHED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the detector does at Slack, the scopes that it needs, and whether it worked.

    `problem` is Slack's answer, `advice` what to do; both empty where it worked.
    """

    step: str
    scopes: tuple[str, ...]
    is_ok: bool
    problem: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """The outcome of a trial. `channel` is empty over a webhook, which has one of its own."""

    channel: str
    is_webhook: bool
    checks: Sequence[Check]

    @property
    def failed(self) -> list[Check]:
        """What did not work."""
        return [check for check in self.checks if not check.is_ok]


def run(
    *,
    run_id: str,
    warehouse: Warehouse,
    events: EventsConfig,
    options: Options,
    slack: Slack | None,
    clock: Clock,
    deadline: Deadline,
) -> Trial:
    """Send the alert to `options.default_channel`. `warehouse` has to be an empty dataset of the trial's own.

    Raises ConfigError where there is no credential or no channel. What Slack refuses raises nothing: the checks tell.
    """
    channel = _checked(slack, options.default_channel)
    assert slack is not None  # noqa: S101 - checked
    watched = _WatchedSlack(slack) if slack.can_update else _WatchedWebhook(slack)
    # At the end of a minute: nobody has to wonder about one that still fills.
    as_of = clock().replace(second=0, microsecond=0)
    write_history(warehouse, EVENT_NAME, as_of)
    detect.run(
        detect.Request(),
        run_id=run_id,
        warehouse=warehouse,
        events=events.model_copy(update={"events": (Event(name=EVENT_NAME),)}),
        options=replace(options, default_channel=channel),
        slack=watched,
        clock=lambda: as_of,
        deadline=deadline,
    )
    if slack.can_find:
        watched.outcomes[_FIND] = slack.find(channel, watched.key, clock() - _SEARCHED)
    return Trial("" if not slack.can_update else channel, not slack.can_update, list(_checks(watched, channel)))


def _checked(slack: Slack | None, channel: str) -> str:
    if slack is None:
        raise ConfigError("Neither SLACK_BOT_TOKEN nor SLACK_WEBHOOK_URL is set. Set one of them.")
    if slack.can_update and not channel:
        raise ConfigError("No channel is given and SLACK_CHANNEL is not set. Set one of them.")
    return normalized_channel(channel)


class _WatchedSlack:
    """Slack, with each message marked as a test, and with the last outcome of each step kept."""

    can_find: ClassVar[bool] = True
    can_update: ClassVar[bool] = True

    def __init__(self, slack: Slack) -> None:
        self._slack = slack
        self.key = ""
        self.outcomes: dict[str, Outcome | Stored | Found] = {}

    def post(self, channel: str, body: Body, key: str, thread_ts: str | None = None) -> Outcome:
        self.key = key
        return self._kept(_POST, self._slack.post(channel, _marked(body), key, thread_ts))

    def update(self, channel_id: str, ts: str, body: Body) -> Outcome:
        return self._slack.update(channel_id, ts, _marked(body))

    def find(self, channel: str, key: str, since: datetime, thread_ts: str | None = None) -> Found:
        return self._slack.find(channel, key, since, thread_ts)

    def store(self, png: bytes, title: str, alt_text: str) -> Stored | NotSent:
        outcome = self._slack.store(png, title, alt_text)
        self.outcomes[_STORE] = outcome
        return outcome

    def upload(self, channel_id: str, png: bytes, title: str, alt_text: str, thread_ts: str | None = None) -> Outcome:
        return self._slack.upload(channel_id, png, title, alt_text, thread_ts)

    def _kept(self, step: str, outcome: Outcome) -> Outcome:
        self.outcomes[step] = outcome
        return outcome


class _WatchedWebhook(_WatchedSlack):
    can_find: ClassVar[bool] = False
    can_update: ClassVar[bool] = False


def _marked(body: Body) -> Mapping[str, Any]:
    return {**body, "text": f"{_MARK}{body['text']}", "blocks": [section(_BANNER), *body.get("blocks", ())]}


def _checks(slack: _WatchedSlack, channel: str) -> Iterator[Check]:
    yield _check(_POST, POSTING, slack.outcomes.get(_POST), channel)
    if slack.can_update:
        yield _check(_STORE, PICTURES, slack.outcomes.get(_STORE), channel)
    if slack.can_find:
        yield _found(slack, channel)


def _found(slack: _WatchedSlack, channel: str) -> Check:
    outcome = slack.outcomes.get(_FIND)
    was_posted = isinstance(slack.outcomes.get(_POST), Sent)
    if outcome is None and not was_posted:
        # It looked, and there is nothing to find.
        return Check(_FIND, FINDING, True)
    return _check(_FIND, FINDING, outcome, channel)


def _check(step: str, scopes: tuple[str, ...], outcome: Outcome | Stored | Found, channel: str) -> Check:
    if isinstance(outcome, Sent | Stored):
        return Check(step, scopes, True)
    problem = problem_of(outcome)
    return Check(step, scopes, False, problem, advice(problem, outcome, channel))
