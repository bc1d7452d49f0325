"""More links than one part takes: each part is published whole, and a run that is cut off is gone on with."""

import pytest

from mixpanel_data.base.errors import DeadlineError
from support.engines import Engine
from support.fatal_steps import Killed, Steps
from support.identity_tables import IdentityTables
from support.identity_world import LOGINS, PAIRS, IdentityWorld, configured
from support.mortal_warehouse import MortalWarehouse
from support.open_sockets import leaves_sockets_open
from support.triggered_deadline import TriggeredDeadline

pytestmark = pytest.mark.usefixtures("few_links_a_part")

CHAIN = [f"n{number} n{number + 1}" for number in range(10)]
LIMITED = configured(
    PAIRS,
    LOGINS,
    max_partners={"device": 3, "user": 4, "other": None},
    max_cluster_size=6,
    shared_devices="elect",
)


def show(world: IdentityWorld) -> None:
    """Eighteen links that meet every limit."""
    world.pair("a b", "b c", "p", "q", "p q", "c x", "x y", "y z")
    world.login("ann d1", "bob d1", "ann d2", "eve hall", "tom hall", "zoe hall", "kim hall", "bob d3")
    world.pair("ann a", "z d2")


def outcome(tables: IdentityTables) -> tuple[dict[str, str], list[str], list[str]]:
    """What does not depend on the parts."""
    return tables.statuses, tables.clusters, tables.pairs


@pytest.mark.sequences
def test_a_run_of_many_parts_is_one_of_one_part(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    in_parts, at_once = (IdentityWorld(one, LIMITED) for one in (engine, engine.fresh()))
    for world in (in_parts, at_once):
        show(world)
    result = in_parts.run()
    in_parts.assert_consistent()
    monkeypatch.setattr("mixpanel_data.identity.linking.LINKS_PER_PART", 1000)
    at_once.run()
    assert outcome(in_parts.tables()) == outcome(at_once.tables())
    assert result.links == 18
    parts = [row for row in in_parts.rows_of("job_runs") if row["job"] == "identity-transition" and row["part"] > 0]
    assert len(parts) >= 6
    in_parts.assert_settled()


@leaves_sockets_open
@pytest.mark.sequences
def test_a_run_killed_after_any_part_is_gone_on_with(engine: Engine) -> None:
    world = IdentityWorld(engine, LIMITED)
    show(world)
    kills = 0
    while True:
        steps = DyingAfterCommit()
        with world.opened() as warehouse:
            try:
                world.run(warehouse=MortalWarehouse(warehouse, steps))
                break
            except Killed:
                kills += 1
        world.assert_consistent()
        assert kills < 30
    assert kills >= 6
    world.assert_settled()
    undisturbed = IdentityWorld(engine.fresh(), LIMITED)
    show(undisturbed)
    undisturbed.run()
    assert outcome(world.tables()) == outcome(undisturbed.tables())


def test_a_run_whose_time_is_over_is_gone_on_with(world: IdentityWorld) -> None:
    world.pair(*CHAIN)
    steps = Steps()
    over = TriggeredDeadline(begins=lambda: any(point.endswith("after the commit") for point in steps.passed[10:]))
    with world.opened() as warehouse, pytest.raises(DeadlineError):
        world.run(warehouse=MortalWarehouse(warehouse, steps), deadline=over)
    world.assert_consistent()
    assert 0 < len(world.tables().pairs) < 10
    world.run()
    assert world.tables().pairs == CHAIN
    world.assert_settled()


class DyingAfterCommit(Steps):
    """Dies after the second transaction of the run: the first one begins it."""

    def __init__(self) -> None:
        super().__init__()
        self._left = 1

    def is_next_fatal(self, name: str) -> bool:
        super().is_next_fatal(name)
        self._left -= name == "publish, after the commit"
        return self._left == 0
