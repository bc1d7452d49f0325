"""A world to run the detector in: a DuckDB file with some days of traffic, a stand-in Slack, and a clock that is set.

Traffic comes as a collector would have written it: events, their minutes, arrivals, and the row of its run.
"""

import contextlib
import itertools
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from mixpanel_data import detect as detector
from mixpanel_data import runs
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import UnavailableError
from mixpanel_data.base.secret import Secret
from mixpanel_data.base.window import Window
from mixpanel_data.clients.slack import BotSlack, Slack, WebhookSlack
from mixpanel_data.configuration.events import EventsConfig
from mixpanel_data.warehouse.base import Row, Warehouse
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data_standins.slack import Message, StandInSlack
from support.engines import DuckDB
from support.world import Clock

START = datetime(2040, 3, 15, 12, tzinfo=UTC)
"""The start of a world: everything before is collected and judged. It lies in the future, because old runs expire by
the wall clock."""

MINUTE = timedelta(minutes=1)
USUAL: Mapping[str, int] = {"Purchase": 6, "Visit": 8, "Signup": 3}
"""Events of each name in every healthy minute."""

HISTORY, WITH_EVENTS = timedelta(days=4), timedelta(hours=57)
"""The counts before a world starts, and the part of them with events too: a run as of an earlier time counts those."""

TABLES = ("alerts", "alert_messages", "alert_mutes", "detector_baselines", "job_runs", "job_locks")
OPTIONS = detector.Options(default_channel="#alerts", lease_seconds=360.0)
Counts = Mapping[tuple[str, datetime], int]

_BRING = (
    Statement(
        "given counts",
        "SELECT JSON_VALUE(one, '$.name') AS event_name, CAST(JSON_VALUE(one, '$.minute') AS TIMESTAMP) AS minute,"
        " CAST(JSON_VALUE(one, '$.events') AS INT64) AS events FROM UNNEST(@given) AS one",
        {"given": "ARRAY<STRING>"},
        creates="given_counts",
    ),
    Statement(
        "new events",
        "INSERT INTO mixpanel_events (event_timestamp, inserted_at, event_name, properties, distinct_id, event_id,"
        " read_at, contents_fingerprint)"
        " SELECT TIMESTAMP_ADD(minute, INTERVAL MOD(number * 7, 60) SECOND), @at, event_name,"
        """ PARSE_JSON(CONCAT('{"plan":"free","n":', CAST(number AS STRING), '}')), 'ann',"""
        " TO_HEX(SHA256(CONCAT(@run_id, event_name, CAST(minute AS STRING), CAST(number AS STRING)))), @at, number"
        " FROM given_counts CROSS JOIN UNNEST(GENERATE_ARRAY(1, events)) AS number WHERE minute >= @events_from",
        {"at": "TIMESTAMP", "run_id": "STRING", "events_from": "TIMESTAMP"},
    ),
    Statement(
        "minutes",
        "UPDATE event_minutes AS known SET events = known.events + given.events, last_changed = @at"
        " FROM (SELECT event_name, minute, events FROM given_counts) AS given"
        " WHERE known.minute = given.minute AND known.event_name = given.event_name",
        {"at": "TIMESTAMP"},
    ),
    Statement(
        "new minutes",
        "INSERT INTO event_minutes (minute, event_name, events, last_changed)"
        " SELECT minute, event_name, events, @at FROM given_counts AS given WHERE NOT EXISTS (SELECT 1"
        " FROM event_minutes AS known WHERE known.minute = given.minute AND known.event_name = given.event_name)",
        {"at": "TIMESTAMP"},
    ),
    Statement(
        "arrivals",
        "INSERT INTO event_arrivals (seq, run_id, arrived_at, day, event_name, inserted, updated, deleted,"
        " first_event_timestamp, last_event_timestamp)"
        " SELECT (SELECT COALESCE(MAX(seq), 0) + 1 FROM event_arrivals), @run_id, @at, DATE(minute), event_name,"
        " SUM(events), 0, 0, MIN(minute), MAX(minute) FROM given_counts GROUP BY DATE(minute), event_name",
        {"at": "TIMESTAMP", "run_id": "STRING"},
    ),
)
_RUN = Statement(
    "a run",
    "INSERT INTO job_runs (run_id, part, job, status, started_at, finished_at, window_from, window_to, read_until,"
    " figures) SELECT @run_id, part, 'collector', 'ok', @at, @at, TIMESTAMP_SUB(@at, INTERVAL 1 HOUR), @at,"
    " @read_until, PARSE_JSON('{}') FROM UNNEST([0, 1]) AS part",
    {"at": "TIMESTAMP", "run_id": "STRING", "read_until": "TIMESTAMP"},
)


def enabled(*entries: Mapping[str, Any], **others: Any) -> EventsConfig:
    """A configuration of these entries; without any, all events are watched."""
    return EventsConfig.model_validate({"events": [*(entries or ({"name": "*"},))], **others})


def at(text: str) -> datetime:
    """A time of the world's day, as `12:05`."""
    hour, minute = map(int, text.split(":"))
    return START.replace(hour=hour, minute=minute)


@dataclass
class World:
    """A dataset, a Slack and a clock; a context manager.

    `unusual` are the counts that differ from USUAL; `config` and `options` are what the next run is given.
    """

    path: Path
    config: EventsConfig
    unusual: dict[tuple[str, datetime], int]
    options: detector.Options = OPTIONS

    def __post_init__(self) -> None:
        self.engine = DuckDB(self.path.parent)
        self.engine.path = self.path
        self.clock = Clock(START)
        self.collected_until = START
        self.slack = StandInSlack(["alerts", "purchases", "visits"], now=self.clock)
        self._numbers = itertools.count(1)

    def __enter__(self) -> "World":
        self.slack.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.slack.stop()

    # Events

    def burst(self, name: str, begin: str, minutes: int = 3, count: int = 80) -> None:
        """`count` events in each of the minutes from then on."""
        self._set(name, begin, minutes, count)

    def silence(self, name: str, begin: str, minutes: int = 40) -> None:
        """No event in the minutes from then on."""
        self._set(name, begin, minutes, 0)

    def _set(self, name: str, begin: str, minutes: int, count: int) -> None:
        self.unusual |= {(name, at(begin) + number * MINUTE): count for number in range(minutes)}

    def count(self, name: str, minute: datetime) -> int:
        """The events of the name in that minute, late ones included."""
        return self.unusual.get((name, minute), USUAL[name])

    def happened(self, since: datetime, until: datetime) -> dict[tuple[str, datetime], int]:
        """The counts of whole minutes of [since, until)."""
        minutes = [since + number * MINUTE for number in range((until - since) // MINUTE)]
        counts = {(name, minute): self.count(name, minute) for name in USUAL for minute in minutes}
        return {key: count for key, count in counts.items() if count}

    def collect(self, until: str | None = None) -> None:
        """The collector reads all events up to then, by default up to now."""
        end = at(until) if until else self.clock.at
        self.arrive(self.happened(self.collected_until, end), read_until=end)
        self.collected_until = end

    def arrive(self, counts: Counts, *, read_until: datetime | None = None) -> None:
        """The collector brings these events now; `read_until` None: a reading that failed after it."""
        given = [(name, minute, count) for (name, minute), count in counts.items() if count]
        bring(self.engine, given, self.clock.at, read_until, f"collector-{next(self._numbers)}")

    def fail(self, job: str, clock: str) -> None:
        """A run of a job starts and fails at that time of the day."""
        begin = at(clock)
        opened = self.engine.open()
        run_id, window = f"{job}-{next(self._numbers)}", Window(begin - MINUTE, begin)
        run = runs.Run(run_id, job, begin, window, opened, lambda: begin)
        try:
            with contextlib.suppress(UnavailableError), runs.begin(run):
                raise UnavailableError("It was not there.")
        finally:
            opened.close()

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
        """Run the detector at that time of the day."""
        if clock:
            self.clock.at = at(clock)
        opened = self.engine.open() if warehouse is None else None
        try:
            return detector.run(
                detector.Request.model_validate(request),
                run_id=f"run-{next(self._numbers)}",
                warehouse=warehouse or opened,  # type: ignore[arg-type]  # one of them is there
                events=self.config,
                options=self.options,
                slack=(slack or self.bot()) if has_slack else None,
                clock=self.clock,
                deadline=deadline or Deadline(),
            )
        finally:
            if opened:
                opened.close()

    def step(self, clock: str, **how: Any) -> detector.Result:
        """Time goes on; the collector reads up to then, and the detector runs."""
        self.clock.at = at(clock)
        self.collect()
        return self.detect(**how)

    def steps(self, first: str, last: str, minutes: int = 5, **how: Any) -> list[detector.Result]:
        """The same every few minutes, from the first time of the day to the last."""
        results, now = [], at(first)
        while now <= at(last):
            results.append(self.step(f"{now:%H:%M}", **how))
            now += minutes * MINUTE
        return results

    # Outcomes

    def bot(self) -> BotSlack:
        """The app, with its token."""
        return BotSlack(Secret(self.slack.token), self.slack.api_url)

    def webhook(self, channel: str = "alerts") -> WebhookSlack:
        """An incoming webhook of the channel."""
        return WebhookSlack(Secret(self.slack.webhook_url(channel)))

    def table(self, name: str) -> list[Row]:
        """All rows of a table, in any order."""
        opened = self.engine.open()
        try:
            return opened.rows(Statement(f"all of {name}", f"SELECT * FROM {name}"))
        finally:
            opened.close()

    def tables(self) -> dict[str, list[str]]:
        """Every table that a run of the detector can write, as sorted text."""
        return {name: sorted(str(dict(row)) for row in self.table(name)) for name in TABLES}

    def alerts(self) -> list[tuple[str, str, str, str]]:
        """Event, direction, state and the time of the day at which each incident's first abnormal window ends."""
        rows = sorted(self.table("alerts"), key=lambda row: (row["window_end"], row["event_name"]))
        return [(row["event_name"], row["direction"], row["state"], f"{row['window_end']:%H:%M}") for row in rows]

    def incidents(self) -> list[tuple[str, str]]:
        """Event and direction of each incident, in order."""
        return sorted((row["event_name"], row["direction"]) for row in self.table("alerts"))

    @property
    def messages(self) -> list[Message]:
        """All messages, without pictures."""
        return [message for message in self.slack.messages if message.file_id is None]

    @property
    def posts(self) -> list[Message]:
        """The messages that stand by themselves."""
        return [message for message in self.messages if not message.is_reply]

    @property
    def replies(self) -> list[Message]:
        """Those in threads."""
        return [message for message in self.messages if message.is_reply]

    def shown(self) -> list[tuple[str, str, bool]]:
        """Channel, text and whether it is a reply, of all messages as they stand now, in order."""
        return sorted((one.channel.name, one.text, one.is_reply) for one in self.messages)


class Worlds:
    """Makes worlds, each a copy of one file with a judged history; the file is made if it is missing."""

    def __init__(self, folder: Path, template: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._template = template
        if not template.exists():
            _write_history(template)

    def __call__(self, *entries: Mapping[str, Any], **others: Any) -> World:
        """A world whose configuration has these entries; without any, all events are watched."""
        folder = self._folder / f"world{next(self._numbers)}"
        folder.mkdir()
        path = shutil.copy(self._template, folder / "warehouse.duckdb")
        return World(Path(path), enabled(*entries, **others), {})


def _write_history(path: Path) -> None:
    """The file is there once it is whole."""
    with World(path.with_name(f"making_{path.name}"), enabled(), {}) as world:
        bring(world.engine, _usual(START - HISTORY, START), START - MINUTE, START, "history")
        world.detect(has_slack=False)
        assert world.incidents() == []
        world.path.rename(path)


def _usual(begin: datetime, end: datetime) -> list[tuple[str, datetime, int]]:
    places = range((end - begin) // MINUTE)
    return [(name, begin + number * MINUTE, usual) for name, usual in USUAL.items() for number in places]


def bring(
    engine: DuckDB, counts: Iterable[tuple[str, datetime, int]], now: datetime, read_until: datetime | None, run_id: str
) -> None:
    """A part of a collector's run, in one transaction; without `read_until` it has no row of its own."""
    given = [
        json.dumps({"name": name, "minute": minute.isoformat(), "events": str(count)}) for name, minute, count in counts
    ]
    statements = [*(_BRING if given else ()), *([_RUN] if read_until else ())]
    if not statements:
        return
    opened = engine.open()
    try:
        opened.transact(
            run_id,
            statements,
            given=given,
            at=now,
            run_id=run_id,
            read_until=read_until or now,
            events_from=START - WITH_EVENTS,
        )
    finally:
        opened.close()


def with_options(**changed: Any) -> detector.Options:
    """The usual options, but for these."""
    return replace(OPTIONS, **changed)
