"""Killed anywhere, or two at once: the next run ends with the tables of an undisturbed one."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import DeadlineError, WarehouseBusyError
from support.engines import DuckDB, Engine
from support.fatal_steps import Killed, Steps
from support.mortal_warehouse import MortalWarehouse
from support.open_sockets import leaves_sockets_open
from support.published_events import purchase, visit
from support.triggered_deadline import TriggeredDeadline
from support.user_sync_world import METRICS, UserSyncWorld

pytestmark = pytest.mark.sequences

TABLES = ("user_insights", "user_daily_metrics", "user_clusters", "user_metric_definitions", "user_pending_days")


class Scene:
    """A world just before a run that has all to do: to be played again and again."""

    def __init__(self, world: UserSyncWorld) -> None:
        assert isinstance(world.engine, DuckDB)
        self.world = world
        self._path = world.engine.path
        world.bring(
            visit("ann", "2040-03-01 10:00:00", plan="old"),
            purchase("zoe", "2040-03-14 10:00:00", amount=3),
            gone=["Purchase of ann at 2040-03-12 11:00:00"],
        )
        world.move("bob", "eve")
        world.cluster(c1=["ann", "zoe"])
        world.metrics = {
            **METRICS,
            "by": "cluster",
            "counters": {**METRICS["counters"], "buys": {"event": "Purchase"}, "visits": {"event": "Purchase"}},
        }
        self._file = Path(shutil.copy(self._path, self._path.with_suffix(".before")))

    def rewind(self) -> None:
        """All is as it was before the run."""
        shutil.copy(self._file, self._path)

    def play(self, steps: Steps, *window: str) -> bool:
        """Whether the run dies on the way."""
        with self.world.opened() as warehouse:
            try:
                self.world.sync(*window, warehouse=MortalWarehouse(warehouse, steps))
            except Killed:
                return True
        return False

    def outcome(self) -> dict[str, list[str]]:
        """What a run leaves for those who read."""
        return {name: rows for name, rows in self.world.contents().items() if name in TABLES}


@pytest.fixture
def few_days_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of three days."""
    monkeypatch.setattr("mixpanel_data.users.days._DAYS_PER_PART", 3)


def is_tried(point: str) -> bool:
    """Reading changes nothing, and that a transaction is whole or nothing at all is the engines' contract."""
    return point.endswith(
        ("publish-1, after the commit", "publish, after the commit", "after add columns to user_insights")
    )


@leaves_sockets_open
def test_a_run_killed_at_any_point_is_completed_by_the_next(world: UserSyncWorld) -> None:
    scene = Scene(world)
    steps = Steps()
    assert not scene.play(steps)
    undisturbed = scene.outcome()
    world.assert_true()
    tried = [(number, point) for number, point in enumerate(steps.passed, 1) if is_tried(point)]
    # Columns are added, days are marked, clusters followed, days published.
    assert len(tried) == 4, steps.passed
    for fatal, point in tried:
        scene.rewind()
        assert scene.play(Steps(fatal)), point
        world.sync()
        assert scene.outcome() == undisturbed, point
    world.assert_settled()


@leaves_sockets_open
@pytest.mark.usefixtures("few_days_a_part")
def test_runs_killed_one_after_another_come_to_an_end(world: UserSyncWorld) -> None:
    scene = Scene(world)
    publishing = ("publish, before the commit", "publish, after the commit")
    for point in ("publish-1, after the commit", *publishing, *publishing):
        assert scene.play(DyingAt(point)), point
    assert world.sync().days == 3
    world.assert_settled()


@leaves_sockets_open
@pytest.mark.usefixtures("few_days_a_part")
def test_a_window_that_was_cut_off_is_taken_up_behind_what_is_done(world: UserSyncWorld) -> None:
    scene = Scene(world)
    window = ("2040-03-10", "2040-03-14")
    # The clusters are the first to be followed.
    assert scene.play(DyingAt("publish, after the commit", 2), *window)
    assert world.sync(*window).days == 1
    assert world.sync(*window).days == 4
    world.sync()
    world.assert_settled()


class DyingAt(Steps):
    """Dies where a point's name ends so for the n-th time."""

    def __init__(self, point: str, occurrence: int = 1) -> None:
        super().__init__()
        self._point = point
        self._left = occurrence

    def is_next_fatal(self, name: str) -> bool:
        super().is_next_fatal(name)
        self._left -= name.endswith(self._point)
        return self._left == 0


# Two at once


def test_runs_at_the_same_time_double_nothing(world: UserSyncWorld) -> None:
    world.bring(*(visit(person, f"2040-03-0{day} 10:00:00") for day in range(1, 9) for person in ("ann", "zoe")))
    runs: list[Callable[[], object]] = [
        world.sync,
        lambda: world.sync("2040-03-01", "2040-03-12"),
        lambda: world.bring(visit("ann", "2040-03-02 11:00:00", plan="meanwhile")),
    ]
    with ThreadPoolExecutor(len(runs)) as threads:
        for done in [threads.submit(run) for run in runs]:
            done.result()
    world.sync()
    world.assert_settled()


def test_a_run_waits_for_another_until_its_time_is_over(world: UserSyncWorld) -> None:
    world.bring(visit("ann", "2040-03-12 08:00:00"))
    with (
        world.opened() as other,
        other.lease("incremental-user-sync", "another", 60.0),
        pytest.raises(WarehouseBusyError, match="incremental-user-sync"),
    ):
        world.sync(deadline=Deadline.after(0.2))
    assert world.sync().pending == 0


@pytest.mark.usefixtures("few_days_a_part")
def test_a_run_whose_time_is_over_is_gone_on_with(engine: Engine) -> None:
    world = UserSyncWorld(engine, METRICS, *(visit("ann", f"2040-03-{day:02d} 10:00:00") for day in range(1, 11)))
    steps = Steps()
    over = TriggeredDeadline(begins=lambda: any(point.startswith("publish, after") for point in steps.passed))
    with world.opened() as warehouse, pytest.raises(DeadlineError):
        world.sync(warehouse=MortalWarehouse(warehouse, steps), deadline=over)
    assert world.insights()["ann"]["visits"] == 3
    (run,) = (row for row in world.table("job_runs") if row["job"] == "incremental-user-sync" and row["part"] == 0)
    assert (run["status"], run["figures"]["days"]) == ("failed", 3)
    result = world.sync()
    assert (result.days, result.users) == (7, 1)
    world.assert_settled()
