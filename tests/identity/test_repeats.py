"""Again, killed anywhere, or two at once: the tables end as after one undisturbed run."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import WarehouseBusyError
from support.engines import DuckDB, Engine
from support.fatal_steps import Killed, Steps
from support.identity_tables import config_in_force
from support.identity_world import EVENTS, LOGINS, PAIRS, Document, IdentityWorld, configured
from support.mortal_warehouse import MortalWarehouse
from support.open_sockets import leaves_sockets_open
from support.published_events import PublishedEvent

EVERYTHING = configured(
    EVENTS,
    PAIRS,
    LOGINS,
    max_partners={"device": 3, "user": 4, "other": None},
    max_cluster_size=6,
    shared_devices="elect",
)


def seen(user: str, device: str, at: str = "2040-03-15 10:00:00") -> PublishedEvent:
    """An event of a user on a device."""
    return PublishedEvent("Visit", at, user, f"{user} on {device} at {at}", {"$user_id": user, "$device_id": device})


class Scene:
    """A world just before a run that has much to do: to be played again and again."""

    def __init__(self, engine: Engine, action: str, document: Document, **parameters: Any) -> None:
        assert isinstance(engine, DuckDB)
        self.world = IdentityWorld(engine, EVERYTHING)
        self.action, self.parameters = action, parameters
        self.world.pair("a b", "b c", "p", "q", "x y")
        self.world.login("ann phone", "ann tablet", "bob tablet", "bob d1", "eve hall", "tom hall", "zoe hall")
        self.world.bring(seen("ann", "laptop"))
        self.world.follow()
        self.world.pass_time(minutes=1)
        self.world.pair("c x", "p q", "b a", "y z", "z zz")
        self.world.login("kim hall", "kim k1")
        self.world.bring(seen("kim", "k2"), seen("bob", "laptop"), seen("ann", "laptop", "2040-03-15 09:00:00"))
        self.world.document = document
        self._path = engine.path
        self._file = Path(shutil.copy(self._path, self._path.with_suffix(".before")))

    def rewind(self) -> None:
        """All is as it was before the run."""
        shutil.copy(self._file, self._path)

    def play(self, steps: Steps) -> bool:
        """Whether the run dies on the way."""
        with self.world.opened() as warehouse:
            try:
                self.world.run(self.action, warehouse=MortalWarehouse(warehouse, steps), **self.parameters)
            except Killed:
                return True
        return False


SMALLER = {**EVERYTHING, "max_cluster_size": 3, "shared_devices": "join"}
SCENES: dict[str, tuple[str, Document, dict[str, str]]] = {
    "refresh": ("refresh", EVERYTHING, {}),
    "another configuration": ("refresh", SMALLER, {}),
    "build": ("build", EVERYTHING, {}),
    "split": ("split", EVERYTHING, {"a": "b", "b": "c"}),
    "link": ("link", EVERYTHING, {"a": "ann", "b": "somebody"}),
}


def is_tried(point: str) -> bool:
    """Reading changes nothing, and that a transaction is whole or nothing at all is the engines' contract."""
    return point.endswith(("after the commit", "before the commit")) or "staging" in point


@leaves_sockets_open
@pytest.mark.sequences
@pytest.mark.parametrize("name", SCENES)
def test_a_run_killed_at_any_point_is_completed_by_the_next(engine: Engine, name: str) -> None:
    action, document, parameters = SCENES[name]
    scene = Scene(engine, action, document, **parameters)
    steps = Steps()
    assert not scene.play(steps)
    undisturbed = scene.world.contents()
    scene.world.assert_consistent()
    tried = [(number, point) for number, point in enumerate(steps.passed, 1) if is_tried(point)]
    assert len(tried) > 2, steps.passed
    for fatal, point in tried:
        scene.rewind()
        assert scene.play(Steps(fatal)), point
        config_in_force(scene.world.tables(), document, EVERYTHING)
        assert not scene.play(Steps())
        assert scene.world.contents() == undisturbed, point
    # A decision reads no source.
    scene.world.follow()
    scene.world.assert_settled()


@pytest.mark.both_engines
@pytest.mark.sequences
def test_a_repeat_and_a_build_change_no_row(engine: Engine) -> None:
    world = IdentityWorld(engine, EVERYTHING)
    world.pair("a b", "b c", "p", "q", "p q", "c d")
    world.login("ann phone", "bob phone", "ann tablet", "d1 hall", "d2 hall", "d3 hall", "d4 hall")
    world.bring(seen("ann", "laptop"), seen("bob", "laptop"))
    world.follow()
    world.follow("split", a="a", b="b")
    world.assert_settled()
    world.pass_time(days=1)
    world.assert_settled()


def test_a_repeat_finds_out_with_two_statements_that_no_event_is_new(engine: Engine) -> None:
    world = IdentityWorld(engine, configured(EVENTS))
    world.bring(seen("ann", "laptop"))
    world.follow()
    steps = Steps()
    with world.opened() as warehouse:
        world.run(warehouse=MortalWarehouse(warehouse, steps))
    read = [point for point in steps.passed if point.startswith("before identity/")]
    assert len(read) <= 3, read


@pytest.mark.sequences
def test_runs_at_the_same_time_double_nothing(engine: Engine) -> None:
    world = IdentityWorld(engine, EVERYTHING)
    world.pair("a b", "b c", "p")
    world.login("ann phone", "bob phone")
    runs: list[Callable[[], object]] = [
        world.run,
        lambda: world.run("build"),
        lambda: world.bring(seen("ann", "laptop")),
    ]
    with ThreadPoolExecutor(len(runs)) as threads:
        for done in [threads.submit(run) for run in runs]:
            done.result()
    world.assert_consistent()
    world.follow()
    # The ids stand in the order in which runs found them, and a run may see the laptop before the phone.
    assert ["ann", "laptop", "phone"] in [sorted(cluster.split()) for cluster in world.tables().clusters]
    world.assert_settled()


def test_a_run_waits_for_another_until_its_time_is_over(world: IdentityWorld) -> None:
    world.pair("a b")
    with (
        world.opened() as other,
        other.lease("identity-transition", "another", 60.0),
        pytest.raises(WarehouseBusyError, match="identity-transition"),
    ):
        world.run(deadline=Deadline.after(0.2))
    assert world.follow().links == 1
