"""What is reported as suspicious, and until when."""

from typing import Any

import pytest

from support.engines import Engine
from support.identity_world import LOGINS, PAIRS, IdentityWorld, configured


def limited(device: int | None = None, other: int | None = None, **changed: Any) -> dict[str, Any]:
    """Both sources, with limits of partners."""
    return configured(PAIRS, LOGINS, max_partners={"device": device, "user": None, "other": other}, **changed)


@pytest.mark.parametrize(("action", "a", "b"), [("link", "e", "new"), ("split", "x", "y"), ("split", "hall", "e")])
def test_a_hub_stays_reported_when_somebody_decides_about_a_link_beside_it(
    engine: Engine, action: str, a: str, b: str
) -> None:
    world = IdentityWorld(engine, limited(device=2))
    world.login("u1 hall", "u2 hall", "u3 hall")
    world.pair("hall e", "e x", "x y")
    world.follow()
    assert world.tables().conflicts_now("hub") == {"hall"}
    world.follow(action, a=a, b=b)
    assert world.tables().conflicts_now("hub") == {"hall"}


def test_a_hub_stays_reported_when_one_of_its_links_is_split(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(other=2))
    world.pair("e hub", "hub d")
    world.login("hub d5", "hub d4")
    world.follow()
    assert world.tables().conflicts_now("hub") == {"hub"}
    for a in ("d5", "d"):
        world.follow("split", a=a, b="hub")
        assert world.tables().conflicts_now("hub") == {"hub"}, a


def test_a_hub_stays_reported_when_a_neighbour_gains_a_link(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(device=1))
    world.login("u1 hall", "u2 hall")
    world.pair("hall e")
    world.follow()
    world.pair("e new")
    world.login("u1 phone")
    world.follow()
    assert world.tables().conflicts_now("hub") == {"hall"}


def test_a_conflict_that_is_gone_keeps_its_row_with_the_time_of_its_end(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(device=1))
    world.login("u1 hall", "u2 hall")
    world.follow()
    found = world.clock()
    world.document = limited()
    world.follow()
    (row,) = [row for row in world.tables().conflicts if row["kind"] == "hub"]
    assert (row["id"], row["links"], set(row["ids"])) == ("hall", 2, {"u1", "u2"})
    assert (row["since"], row["until"]) == (found, world.clock())


def test_a_conflict_says_what_is_the_matter_and_what_to_do(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(device=1, max_cluster_size=2, shared_devices="elect"))
    world.login("u1 hall", "u2 hall", "u3 d3")
    world.pair("a b", "b c")
    world.follow()
    for kind, limit in {"hub": "max_partners", "large_cluster": "max_cluster_size"}.items():
        (row,) = [row for row in world.tables().conflicts if row["kind"] == kind]
        assert limit in row["message"], row["message"]
