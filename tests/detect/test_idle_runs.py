"""A run with nothing to judge ends with its first question, and nobody hears of anything later or otherwise for it."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from mixpanel_data import runs
from mixpanel_data.base.window import Window
from mixpanel_data.clients.slack import Slack
from mixpanel_data.configuration.events import Redaction
from mixpanel_data.detect.incidents.mutes import MutePeriod, end_mutes, store_mute
from mixpanel_data.outbox.alert_messages_table import STORE_NOTICES, message_rows
from mixpanel_data.outbox.message import Message, MessageKind
from mixpanel_data_standins.slack import faults
from support.detector_world import MINUTE, USUAL, DetectorWorld, DetectorWorlds, at
from support.engines import opened
from support.events_configs import enabled
from support.fatal_steps import Killed, Steps
from support.mortal_slack import MortalSlack
from support.mortal_warehouse import MortalWarehouse
from support.open_sockets import leaves_sockets_open
from support.published_counts import publish_counts

pytestmark = pytest.mark.sequences

NAMES = sorted(USUAL)
FIVE = 5 * MINUTE


class DyingAt(Steps):
    """Dies at the first point whose name ends so."""

    def __init__(self, point: str) -> None:
        super().__init__()
        self._point = point

    def is_next_fatal(self, name: str) -> bool:
        super().is_next_fatal(name)
        return name.endswith(self._point)


@dataclass
class Side:
    """One of two worlds in which the same happens; `judges_always` lets no run of it end with its first question."""

    world: DetectorWorld
    judges_always: bool
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    has_webhook: bool = False

    def detect(self, dying_at: str | None = None) -> Any:
        """A run of the detector; None if it was killed."""
        if self.judges_always:
            # A configuration that differs in what concerns nothing.
            redact = Redaction(properties=(f"unused {next(self.numbers)}",))
            self.world.config = self.world.config.model_copy(update={"redact": redact})
        slack: Slack = self.world.webhook() if self.has_webhook else self.world.bot()
        if dying_at:
            slack = MortalSlack(self.world.bot(), DyingAt(dying_at))
        try:
            result = self.world.detect(slack=slack)
        except Killed:
            return None
        return list(result.alerts), result.notified, result.resolved, result.suppressed, result.undelivered

    def collect(self) -> None:
        """The collector reads everything before now; not while its clock is behind what it has read."""
        if self.world.clock.at >= self.world.collected_until:
            self.world.collect()

    def arrive(self, name: str, minute: datetime, count: int) -> None:
        """These events arrive, and the run of the collector that brings them fails after that."""
        self.world.arrive({(name, minute.replace(second=0, microsecond=0)): count})

    def happen(self, names: Sequence[str], minutes: int, count: int) -> None:
        """From now on these names have that count a minute, for some minutes."""
        now = self.world.clock.at.replace(second=0, microsecond=0)
        for name in names:
            self.world.unusual |= {(name, now + number * MINUTE): count for number in range(minutes)}

    def mute(self, name: str, minutes: int) -> None:
        """`mp detect mute`."""
        now = self.world.clock.at
        with opened(self.world.engine) as warehouse:
            store_mute(warehouse, f"mute-{next(self.numbers)}", MutePeriod(name, now, now + minutes * MINUTE))

    def unmute(self, name: str) -> None:
        """`mp detect unmute`."""
        with opened(self.world.engine) as warehouse:
            end_mutes(warehouse, f"unmute-{next(self.numbers)}", name, self.world.clock.at)

    def arrive_ahead(self, name: str, ahead: int) -> None:
        """As `arrive`, by a collector whose clock is so many minutes ahead."""
        now = self.world.clock.at
        self.world.clock.at = now + ahead * MINUTE
        self.arrive(name, now - 2 * MINUTE, 90)
        self.world.clock.at = now

    def ask(self, **request: Any) -> None:
        """Somebody runs the detector about some events, about the past (`minutes_ago`), or for show."""
        if "minutes_ago" in request:
            request["at"] = self.world.clock.at - request.pop("minutes_ago") * MINUTE
        self.world.detect(**request)

    def switch(self) -> None:
        """The bot gives way to a webhook, or the other way round."""
        self.has_webhook = not self.has_webhook

    def announce(self) -> None:
        """The registry publishes a notice."""
        now, number = self.world.clock.at, next(self.world._numbers)
        notice = Message(
            f"notice {now}", number, "#alerts", MessageKind.NOTICE, (f"{now}",), None, now, {"text": "new"}
        )
        with opened(self.world.engine) as warehouse:
            run = runs.Run(f"r-{number}", "registry-updater", now, Window(now - MINUTE, now), warehouse, lambda: now)
            with runs.begin(run):
                messages = message_rows([notice])
                runs.publish(run, STORE_NOTICES, window=run.window, figures={}, messages=messages)

    def configure(self, cooldown: int, threshold: int) -> None:
        """Somebody changes the configuration."""
        self.world.config = enabled(
            {"name": "Visit", "alert_threshold": threshold, "time_window_minutes": 30, "remind_after_minutes": 20},
            {"name": "*"},
            cooldown_minutes=cooldown,
        )

    def outcome(self) -> tuple[object, ...]:
        """The incidents, the messages in the outbox, and those that people see."""
        incidents = sorted(str({**row, "run_id": None}) for row in self.world.table("alerts"))
        own = ("seq", "slack_ts", "slack_channel", "sent_at")
        messages = sorted(
            str({name: row[name] for name in row if name not in own}) for row in self.world.table("alert_messages")
        )
        return incidents, messages, self.world.shown()

    def idle_runs(self) -> int:
        """How many runs ended with their first question."""
        return sum("is_idle" in (row["figures"] or {}) for row in self.world.table("job_runs"))


Step = Callable[[Side], Any]
"""What happens in both worlds; what it returns has to be the same."""


def named(name: str, *arguments: Any, **more: Any) -> Step:
    """A step that a failing example shows by its name."""

    @dataclass(frozen=True)
    class Named:
        name: str
        arguments: tuple[Any, ...]
        more: Mapping[str, Any]

        def __call__(self, side: Side) -> Any:
            return getattr(side, self.name)(*self.arguments, **self.more)

        def __repr__(self) -> str:
            return f"{self.name}{self.arguments}{self.more or ''}"

    return Named(name, arguments, more)


NAME = st.sampled_from(NAMES)
HAPPENING = st.one_of(
    st.builds(
        lambda name, minutes, count: named("happen", [name], minutes, count),
        NAME,
        st.sampled_from([2, 9, 40]),
        st.sampled_from([0, 20, 90]),
    ),
    st.just(named("happen", NAMES, 50, 0)),
    st.builds(lambda name: named("mute", name, 35), NAME),
    st.builds(lambda name: named("unmute", name), NAME),
    st.builds(lambda name, ahead: named("arrive_ahead", name, ahead), NAME, st.sampled_from([2, 8])),
    st.sampled_from([named("ask", events=["Visit"]), named("ask", minutes_ago=20), named("ask", dry_run=True)]),
    st.sampled_from([named("announce"), named("switch")]),
    st.builds(
        lambda cooldown, threshold: named("configure", cooldown, threshold),
        st.sampled_from([0, 30]),
        st.sampled_from([40, 400]),
    ),
)
ARRIVING = st.builds(
    lambda name, minutes, count: ("arrive", name, minutes, count),
    NAME,
    st.sampled_from([-20, 3, 30, 300, 4000]),
    st.sampled_from([1, 25, 300]),
)
WAITING = st.sampled_from([5, 5, 5, 5, 5, 5, 15, 50, 200, -12])
MOMENTS = st.lists(
    st.tuples(
        WAITING,
        st.lists(HAPPENING, max_size=1),
        st.lists(ARRIVING, max_size=1) | st.just([]),
        st.sampled_from(["collect", "collect", "nothing"]),
        st.sampled_from([None, None, None, None, None, "before post", "after post", "refused"]),
    ),
    min_size=8,
    max_size=12,
)


def play(sides: Sequence[Side], moments: Any) -> None:
    """Let the same happen in both worlds; after each run of the detector they have to be alike."""
    for minutes, happening, arriving, collecting, fate in moments:
        for side in sides:
            side.world.clock.at += minutes * MINUTE
            for step in happening:
                step(side)
            for _, name, before, count in arriving:
                side.arrive(name, side.world.clock.at - before * MINUTE, count)
            if collecting == "collect":
                side.collect()
        if fate == "refused":
            for side in sides:
                side.world.slack.faults.append(faults.Error("fatal_error"), "chat.postMessage")
        dying = None if fate == "refused" else fate
        one, other = (side.detect(dying) for side in sides)
        for side in sides:
            side.world.slack.faults.clear()
        assert one == other
        assert sides[0].outcome() == sides[1].outcome()


WRITTEN = [
    (5, [named("happen", ["Purchase"], 9, 90)], [], "collect", None),
    (5, [], [], "nothing", None),
    (5, [], [], "collect", "after post"),
    (5, [], [], "nothing", None),
    (55, [named("announce"), named("configure", 30, 400)], [], "collect", None),
    (5, [], [("arrive", "Visit", -20, 300)], "nothing", None),
    (5, [], [], "nothing", None),
    (50, [named("happen", NAMES, 50, 0)], [], "nothing", None),
    (50, [], [], "collect", "refused"),
    (-12, [], [], "nothing", None),
    (17, [named("mute", "Visit", 35)], [], "collect", None),
    (5, [], [], "nothing", None),
]
"""A burst, an outage, a notice of the registry, a mute, a collector that stops, a clock that goes back, and deaths."""


@leaves_sockets_open
@given(moments=MOMENTS)
@example(moments=WRITTEN)
@settings(
    max_examples=2,
    # A history takes seconds, and there is nothing to shrink that the message does not show.
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_runs_that_end_at_once_change_no_incident_and_no_message(worlds: DetectorWorlds, moments: Any) -> None:
    with ExitStack() as stack:
        sides = [Side(stack.enter_context(worlds()), judges_always) for judges_always in (False, True)]
        play(sides, [(5, [], [], "collect", None), (5, [], [], "nothing", None), *moments])
        assert sides[0].idle_runs() > 0
        assert sides[1].idle_runs() == 0


def asked(world: DetectorWorld, clock: str) -> list[str]:
    """Run the detector at that time of day; the statements that it ran."""
    world.clock.at = at(clock)
    steps, warehouse = Steps(), world.engine.open()
    try:
        world.detect(warehouse=MortalWarehouse(warehouse, steps))
    finally:
        warehouse.close()
    return [point.rpartition("before ")[2] for point in steps.passed if "before " in point and point.endswith("sql")]


@leaves_sockets_open
def test_a_run_asks_once_until_something_arrives_or_is_due(world: DetectorWorld) -> None:
    world.step("12:05")
    idle = ["detect/findings/standing.sql", "runs/record_whole.sql"]
    assert asked(world, "12:10") == asked(world, "12:15") == idle
    world.collect()
    judged = asked(world, "12:20")
    assert "detect/findings/learning/recent_minutes.sql" in judged
    assert judged[-1] == "runs/record_whole.sql"
    assert asked(world, "12:25") == idle
    assert (asked(world, "13:00"), world.posts) == (idle, [])
    # The collector has read nothing for more than three quarters of an hour: somebody has to hear of it.
    assert asked(world, "13:05") != idle
    assert len(world.posts) == 1


@leaves_sockets_open
def test_runs_of_a_month_ago_keep_none_from_ending_at_once(world: DetectorWorld) -> None:
    for minutes in range(0, 30, 5):
        long_ago = at("12:00") - timedelta(days=30) + minutes * MINUTE
        publish_counts(world.engine, {}, long_ago, run_id=f"old {minutes}", read_until=long_ago)
    world.step("12:05")
    assert asked(world, "12:10") == asked(world, "12:15") == ["detect/findings/standing.sql", "runs/record_whole.sql"]


@leaves_sockets_open
def test_what_a_collector_with_a_fast_clock_brought_is_told_once_its_time_has_come(world: DetectorWorld) -> None:
    world.step("12:05")
    world.clock.at = at("12:12")
    world.arrive({("Visit", at("12:06") + number * MINUTE): 90 for number in range(3)})
    assert not world.detect("12:10").alerts
    world.detect("12:15")
    assert (world.incidents(), len(world.posts)) == ([("Visit", "high")], 1)


THRESHOLD = {"name": "Visit", "alert_threshold": 900, "time_window_minutes": 5}
OVER_AND_LONG: list[Any] = [
    (5, [named("happen", ["Visit"], 5, 200)], [], "collect", None),
    *((5, [named("happen", ["Visit"], 5, 20)], [], "collect", None) for _ in range(5)),
    (5, [], [], "collect", None),
    (20, [], [], "collect", None),
    *((5, [], [], "nothing", None) for _ in range(6)),
]
"""A threshold is exceeded for a while and a rise goes on, until neither is judged any more."""


@leaves_sockets_open
def test_an_incident_shows_what_is_left_of_it_when_its_first_windows_are_too_old(worlds: DetectorWorlds) -> None:
    with ExitStack() as stack:
        sides = [
            Side(stack.enter_context(worlds(THRESHOLD, {"name": "*"}, max_age_hours=1)), judges_always)
            for judges_always in (False, True)
        ]
        play(sides, OVER_AND_LONG)
        assert sides[0].idle_runs() > 0


@leaves_sockets_open
def test_after_a_run_that_died_the_next_one_judges(world: DetectorWorld) -> None:
    world.step("12:05")
    world.clock.at = at("12:10")
    world.burst("Visit", "12:06", 3, 90)
    world.collect()
    assert world.dies(DyingAt("publish-1, before the commit"))
    assert "runs/guard.sql" in asked(world, "12:15")
    assert len(world.posts) == 1
