"""After a run of the detector was killed anywhere, the next one ends like an undisturbed run."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.detector_world import DetectorWorld, DetectorWorlds, at
from support.fatal_steps import Steps
from support.open_sockets import leaves_sockets_open

pytestmark = pytest.mark.sequences

VISIT = {"name": "Visit", "alert_threshold": 30, "baseline": False, "silence": False}
SIGNUP = {**VISIT, "name": "Signup", "alert_channel": "#visits"}


class Scene:
    """A world just before a run that ends one incident, opens another and learns; it can be played again and again.

    `passed` are the points of the run that nobody disturbs, `undisturbed` is its outcome.
    """

    def __init__(self, world: DetectorWorld) -> None:
        self.world = world
        # Six hours later a baseline is learned further.
        world.clock.at = at("19:55")
        world.burst("Visit", "19:54", 1)
        world.collect()
        world.detect()
        world.burst("Signup", "20:12", 1)
        world.clock.at = at("20:15")
        world.collect()
        self._file = Path(shutil.copy(world.path, world.path.with_suffix(".before")))
        self._messages = list(world.slack.messages)
        steps = Steps()
        assert not self.play(steps)
        self.passed, self.undisturbed = steps.passed, self.outcome()

    def rewind(self) -> None:
        """Put everything back to how it was before the run."""
        shutil.copy(self._file, self.world.path)
        self.world.clock.at = at("20:15")
        self.world.slack.forget()
        for message in self._messages:
            self.world.slack._messages.append(message)

    def play(self, steps: Steps, slack: Callable[[], Any] | None = None) -> bool:
        """Play the run; True if it dies on the way."""
        return self.world.dies(steps, slack() if slack else None)

    def outcome(self) -> tuple[object, ...]:
        """Incidents, the states of messages, the messages that people see, and how many pictures are in each."""
        rows = self.world.table("alerts")
        alerts = sorted(str({name: row[name] for name in row if name not in ("run_id",)}) for row in rows)
        states = sorted((row["kind"], row["state"]) for row in self.world.table("alert_messages"))
        messages = self.world.messages
        pictures = [sum(block["type"] == "image" for block in message.blocks) for message in messages]
        return alerts, states, self.world.shown(), pictures


def is_tried(point: str) -> bool:
    """Reading changes nothing, and that a transaction is whole or nothing at all is the engines' contract."""
    ends = (
        "after the commit",
        "publish-1, before the commit",
        "after store",
        "before post",
        "after post",
        "before update",
        "after update",
    )
    return point.endswith(ends)


@pytest.fixture(scope="module")
def scene(worlds: DetectorWorlds) -> Iterator[Scene]:
    with worlds(VISIT, SIGNUP) as world:
        yield Scene(world)


@leaves_sockets_open
def test_a_run_of_the_detector_killed_at_any_point_is_completed_by_the_next(scene: Scene) -> None:
    assert scene.undisturbed[1] == [
        ("alert", "sent"),
        ("alert", "sent"),
        ("resolution", "sent"),
        ("update", "sent"),
    ]
    assert any("learn" in point for point in scene.passed)
    tried = [(number, point) for number, point in enumerate(scene.passed, 1) if is_tried(point)]
    assert len(tried) > 14
    for fatal, point in tried:
        scene.rewind()
        assert scene.play(Steps(fatal)), point
        scene.world.detect()
        for one, other in zip(scene.outcome(), scene.undisturbed, strict=True):
            assert one == other, point


@leaves_sockets_open
@pytest.mark.parametrize("point", ["before post", "after post", "after find"])
def test_runs_killed_one_after_another_send_each_message_once_all_the_same(scene: Scene, point: str) -> None:
    scene.rewind()
    assert scene.play(Steps(scene.passed.index("after post") + 1))
    for _ in range(2):
        scene.play(DyingAt(point))
    scene.world.detect()
    for one, other in zip(scene.outcome(), scene.undisturbed, strict=True):
        assert one == other


class DyingAt(Steps):
    """Dies at the first point of this name."""

    def __init__(self, point: str) -> None:
        super().__init__()
        self._point = point

    def is_next_fatal(self, name: str) -> bool:
        super().is_next_fatal(name)
        return name == self._point
