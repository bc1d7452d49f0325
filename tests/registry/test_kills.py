"""Killed anywhere, or two at once: the next run ends with the tables of an undisturbed one, and tells once."""

import shutil
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import DeadlineError, WarehouseBusyError
from registry.registry_happenings import PLANS, Stretch
from registry.registry_truth import assert_as_one_run, assert_told_once, comparable
from support.engines import DuckDB
from support.fatal_steps import Killed, Steps
from support.mortal_warehouse import MortalWarehouse
from support.open_sockets import leaves_sockets_open
from support.published_events import with_changes
from support.registry_world import RegistryWorld, day_before
from support.triggered_deadline import TriggeredDeadline

pytestmark = pytest.mark.sequences

SHARES = 2
"""The points are tried in so many tests, which can run side by side."""


class Scene:
    """A world just before a run that has all to do: to be played again and again."""

    def __init__(self, folder: Path) -> None:
        self.world = world = RegistryWorld(DuckDB(folder), channel="#data")
        self._path = folder / "warehouse0.duckdb"
        world.bring(
            *Stretch("Checkout", 50, 50, 20, "plain").events(),
            *Stretch("Cart Opened", 40, 35, 12, "deep").events(),
            *Stretch("Card Opened", 30, 28, 8, "sparse").events(),
        )
        world.update()
        world.pass_time(days=1)
        world.bring(
            *Stretch("Checkout", 8, 8, 20, "broken").events(),
            *Stretch("Chekout", 6, 3, 1, "plain").events(),
            *Stretch("Cart Opened", 40, 5, 12, "empty").events(),
            gone=[mark for mark, event in world.brought.items() if event.name == "Card Opened"][::3],
        )
        moved = [event for event in world.brought.values() if event.name == "Cart Opened"][:10]
        world.bring(*(with_changes(event, at=f"{day_before(100)} 10:00:00") for event in moved))
        world.plan = PLANS[1]
        self._file = Path(shutil.copy(self._path, self._path.with_suffix(".before")))

    def rewind(self) -> None:
        """All is as it was before the run."""
        shutil.copy(self._file, self._path)

    def play(self, steps: Steps) -> bool:
        """Whether the run dies on the way."""
        with self.world.opened() as warehouse:
            try:
                self.world.update(warehouse=MortalWarehouse(warehouse, steps))
            except Killed:
                return True
        return False

    def told(self) -> Counter[str]:
        """How often each change is told."""
        return Counter(one for row in self.world.table("alert_messages") for one in row["about"])


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of so few events and observations that a run has several of each kind."""
    monkeypatch.setattr("mixpanel_data.registry.observing.parts._MOST_EVENTS", 1200)
    monkeypatch.setattr("mixpanel_data.registry.publishing.batches.OBSERVATIONS_PER_PART", 900)


def points(steps: Steps) -> list[tuple[int, str]]:
    """The number and name of the points right before and right after each commit.

    In between all is as it was after the commit before: reading changes nothing, and neither does a transaction that is
    not committed.
    """
    found: dict[str, int] = {}
    for number, point in enumerate(steps.passed, 1):
        if point.endswith("before the commit"):
            found.setdefault(point, number)
        elif point.endswith("after the commit"):
            found[f"{point} at {number}"] = number
    return [(number, point) for point, number in found.items()]


@leaves_sockets_open
@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("share", range(SHARES))
def test_a_run_killed_around_any_commit_is_completed_by_the_next(scene: Scene, share: int) -> None:
    steps = Steps()
    assert not scene.play(steps)
    undisturbed, told = comparable(scene.world), scene.told()
    assert told
    assert set(told.values()) == {1}
    assert_as_one_run(scene.world, None)
    tried = points(steps)
    assert len(tried) > 10
    for fatal, point in tried[share::SHARES]:
        scene.rewind()
        assert scene.play(Steps(fatal)), point
        scene.world.update()
        assert comparable(scene.world) == undisturbed, point
        assert scene.told() == told, point


@leaves_sockets_open
@pytest.mark.usefixtures("small_parts")
def test_runs_killed_one_after_another_come_to_an_end(scene: Scene) -> None:
    """Each gets a part further than the one before."""
    assert not scene.play(Steps())
    undisturbed, told = comparable(scene.world), scene.told()
    scene.rewind()
    kills = 0
    while scene.play(DyingAfterAPart()):
        kills += 1
        assert kills < 50
    assert kills >= 4
    assert (comparable(scene.world), scene.told()) == (undisturbed, told)


class DyingAfterAPart(Steps):
    """Dies once a part is published."""

    def is_next_fatal(self, name: str) -> bool:
        super().is_next_fatal(name)
        return name == "publish, after the commit"


def test_a_run_whose_time_is_over_is_gone_on_with(scene: Scene, small_parts: None) -> None:
    steps = Steps()
    over = TriggeredDeadline(begins=lambda: any(point.startswith("publish, after") for point in steps.passed))
    with scene.world.opened() as warehouse, pytest.raises(DeadlineError):
        scene.world.update(warehouse=MortalWarehouse(warehouse, steps), deadline=over)
    scene.world.update()
    assert_as_one_run(scene.world, None)
    assert_told_once(scene.world)


# Two at once


def test_runs_at_the_same_time_double_nothing(scene: Scene) -> None:
    runs: list[Callable[[], object]] = [
        scene.world.update,
        lambda: scene.world.update(full=True),
        lambda: scene.world.bring(*Stretch("check out", 50, 45, 8, "plain").events()),
    ]
    with ThreadPoolExecutor(len(runs)) as threads:
        for done in [threads.submit(run) for run in runs]:
            done.result()
    scene.world.pass_time(days=1)
    scene.world.update()
    assert_as_one_run(scene.world, None)
    assert_told_once(scene.world)


def test_a_run_waits_for_another_until_its_time_is_over(scene: Scene) -> None:
    with (
        scene.world.opened() as other,
        other.lease("registry-updater", "another", 60.0),
        pytest.raises(WarehouseBusyError, match="registry-updater"),
    ):
        scene.world.update(deadline=Deadline.after(0.2))
    scene.world.update()
    assert_as_one_run(scene.world, None)
