"""A world to run the detector in: a DuckDB file with some days of traffic, a stand-in Slack and a clock.

Traffic comes as a collector would have written it: events, their minutes, arrivals, and the row of its run.
"""

import contextlib
import itertools
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mixpanel_data import detect as detector
from mixpanel_data import runs
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import UnavailableError
from mixpanel_data.base.secret import Secret
from mixpanel_data.base.window import Window
from mixpanel_data.clients.slack import BotSlack, Slack, WebhookSlack
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data_standins.slack import Message, StandInSlack
from support.engines import DuckDB, opened
from support.events_configs import enabled
from support.fatal_steps import Killed, Steps
from support.mortal_slack import MortalSlack
from support.mortal_warehouse import MortalWarehouse
from support.published_counts import Counts, publish_counts
from support.settable_clock import SettableClock
from support.stored_rows import all_rows_of, as_sorted_text

START = datetime(2040, 3, 15, 12, tzinfo=UTC)
"""The start of a world: everything before it is collected and judged. It lies in the future, because the engine deletes
old runs by the real time."""

MINUTE = timedelta(minutes=1)
USUAL: Mapping[str, int] = {"Purchase": 6, "Visit": 8, "Signup": 3}
"""Events a minute of each name while nothing is wrong."""

HISTORY, WITH_EVENTS = timedelta(days=4), timedelta(hours=57)
"""The length of the history before the start of a world, and of its last part, which has events too: a run as of a time
in the past counts those."""

TABLES = (
    *("alerts", "alert_messages", "alert_mutes", "detector_baselines", "detector_delays"),
    *("job_runs", "job_locks"),
)
OPTIONS = detector.Options(default_channel="#alerts", lease_seconds=360.0)


def at(text: str) -> datetime:
    """A time of the world's day, as `12:05`."""
    hour, minute = map(int, text.split(":"))
    return START.replace(hour=hour, minute=minute)


@dataclass
class DetectorWorld:
    """A dataset, a Slack and a clock; a context manager that serves the Slack.

    `unusual` are the counts that differ from USUAL; the next run gets `config` and `options`.
    """

    path: Path
    config: EventsConfig
    unusual: dict[tuple[str, datetime], int]
    options: detector.Options = OPTIONS

    def __post_init__(self) -> None:
        self.engine = DuckDB(self.path.parent)
        self.engine.path = self.path
        self.clock = SettableClock(START)
        self.collected_until = START
        self.slack = StandInSlack(["alerts", "purchases", "visits"], now=self.clock)
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        self.slack.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.slack.stop()

    # Traffic

    def burst(self, name: str, start: str, minutes: int = 3, count: int = 80) -> None:
        """`count` events in each of `minutes` minutes from `start` on."""
        self._set(name, start, minutes, count)

    def silence(self, name: str, start: str, minutes: int = 40) -> None:
        """No event in `minutes` minutes from `start` on."""
        self._set(name, start, minutes, 0)

    def _set(self, name: str, start: str, minutes: int, count: int) -> None:
        self.unusual |= {(name, at(start) + number * MINUTE): count for number in range(minutes)}

    def count(self, name: str, minute: datetime) -> int:
        """The number of events that the minute has in the end."""
        return self.unusual.get((name, minute), USUAL[name])

    def happened(self, since: datetime, until: datetime) -> dict[tuple[str, datetime], int]:
        """The counts of whole minutes of [since, until)."""
        minutes = [since + number * MINUTE for number in range((until - since) // MINUTE)]
        counts = {(name, minute): self.count(name, minute) for name in USUAL for minute in minutes}
        return {key: count for key, count in counts.items() if count}

    def collect(self, until: str | None = None) -> None:
        """The collector reads everything that happened before `until`, by default before now."""
        end = at(until) if until else self.clock.at
        self.arrive(self.happened(self.collected_until, end), read_until=end)
        self.collected_until = end

    def arrive(self, counts: Counts, *, read_until: datetime | None = None) -> None:
        """The collector publishes these events now; without `read_until`, its run fails after that."""
        run_id = f"collector-{next(self._numbers)}"
        events_from = START - WITH_EVENTS
        publish_counts(
            self.engine, counts, self.clock.at, run_id=run_id, read_until=read_until, events_from=events_from
        )

    def fail(self, job: str, clock: str) -> None:
        """A run of a job starts and fails at that time of day."""
        start = at(clock)
        run_id, window = f"{job}-{next(self._numbers)}", Window(start - MINUTE, start)
        with (
            opened(self.engine) as warehouse,
            contextlib.suppress(UnavailableError),
            runs.begin(runs.Run(run_id, job, start, window, warehouse, lambda: start)),
        ):
            raise UnavailableError("It was not there.")

    def detect(
        self,
        clock: str | None = None,
        *,
        warehouse: Warehouse | None = None,
        slack: Slack | None = None,
        has_slack: bool = True,
        deadline: Deadline | None = None,
        **request: Any,
    ) -> detector.Result:
        """Run the detector, at that time of day if one is given; in `warehouse`, or in one of its own."""
        if clock:
            self.clock.at = at(clock)
        with contextlib.nullcontext(warehouse) if warehouse else opened(self.engine) as detected:
            return detector.run(
                detector.Request.model_validate(request),
                run_id=f"run-{next(self._numbers)}",
                warehouse=detected,
                events=self.config,
                options=self.options,
                slack=(slack or self.bot()) if has_slack else None,
                clock=self.clock,
                deadline=deadline or Deadline(),
            )

    def step(self, clock: str, **how: Any) -> detector.Result:
        """Time passes until then; the collector reads everything before, and the detector runs."""
        self.clock.at = at(clock)
        self.collect()
        return self.detect(**how)

    def steps(self, first: str, last: str, minutes: int = 5, **how: Any) -> list[detector.Result]:
        """Such a step every `minutes` minutes, from the first time to the last."""
        results, now = [], at(first)
        while now <= at(last):
            results.append(self.step(f"{now:%H:%M}", **how))
            now += minutes * MINUTE
        return results

    # Results

    def dies(self, steps: Steps, slack: BotSlack | None = None) -> bool:
        """Run the detector with the bot, or another client; True if it dies at the fatal step."""
        opened = self.engine.open()
        try:
            self.detect(warehouse=MortalWarehouse(opened, steps), slack=MortalSlack(slack or self.bot(), steps))
        except Killed:
            return True
        finally:
            opened.close()
        return False

    def bot(self) -> BotSlack:
        """The Slack app, by its token."""
        return BotSlack(Secret(self.slack.token), self.slack.api_url)

    def webhook(self, channel: str = "alerts") -> WebhookSlack:
        """An incoming webhook of the channel."""
        return WebhookSlack(Secret(self.slack.webhook_url(channel)))

    def table(self, name: str) -> list[Row]:
        """All rows of a table, in any order."""
        with opened(self.engine) as warehouse:
            return warehouse.rows(all_rows_of(name))

    def tables(self) -> dict[str, list[str]]:
        """All tables that a detector run may write, as sorted text."""
        return {name: as_sorted_text(self.table(name)) for name in TABLES}

    def alerts(self) -> list[tuple[str, str, str, str]]:
        """Each incident's event, direction, state, and the time of day at which its first abnormal window ends."""
        rows = sorted(self.table("alerts"), key=lambda row: (row["window_end"], row["event_name"]))
        return [(row["event_name"], row["direction"], row["state"], f"{row['window_end']:%H:%M}") for row in rows]

    def incidents(self) -> list[tuple[str, str]]:
        """Event and direction of each incident, in order."""
        return sorted((row["event_name"], row["direction"]) for row in self.table("alerts"))

    @property
    def messages(self) -> list[Message]:
        """The messages in Slack, without pictures."""
        return [message for message in self.slack.messages if message.file_id is None]

    @property
    def posts(self) -> list[Message]:
        """The messages that are not replies."""
        return [message for message in self.messages if not message.is_reply]

    @property
    def replies(self) -> list[Message]:
        """The messages in threads."""
        return [message for message in self.messages if message.is_reply]

    def shown(self) -> list[tuple[str, str, bool]]:
        """Channel, current text, and whether it is a reply, of all messages, in order."""
        return sorted((one.channel.name, one.text, one.is_reply) for one in self.messages)


class DetectorWorlds:
    """Makes worlds that start as copies of one file with a judged history; makes the file if it is missing."""

    def __init__(self, folder: Path, template: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._template = template
        if not template.exists():
            _write_history(template)

    def __call__(self, *entries: Mapping[str, Any], **settings: Any) -> DetectorWorld:
        """A world that watches the events of these entries; without any, all events."""
        folder = self._folder / f"world{next(self._numbers)}"
        folder.mkdir()
        path = shutil.copy(self._template, folder / "warehouse.duckdb")
        return DetectorWorld(Path(path), enabled(*entries, **settings), {})


def _write_history(path: Path) -> None:
    """Write the file under another name first, so that it exists only once it is whole."""
    with DetectorWorld(path.with_name(f"making_{path.name}"), enabled(), {}) as world:
        publish_counts(
            world.engine,
            world.happened(START - HISTORY, START),
            START - MINUTE,
            run_id="history",
            read_until=START,
            events_from=START - WITH_EVENTS,
        )
        world.detect(has_slack=False)
        assert world.incidents() == []
        world.path.rename(path)


def with_options(**changed: Any) -> detector.Options:
    """The usual options with some changed."""
    return replace(OPTIONS, **changed)
