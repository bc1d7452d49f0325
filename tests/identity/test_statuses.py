"""The status of a link: what limits and shared devices keep out, and what comes back when they are changed."""

import pytest

from support.engines import Engine
from support.identity_world import LOGINS, PAIRS, IdentityWorld, configured
from support.refusals import refused

pytestmark = pytest.mark.sequences

both_engines = pytest.mark.both_engines


def limited(**changed: object) -> dict[str, object]:
    """Both sources, with these limits."""
    return configured(PAIRS, LOGINS, **changed)


def partners(device: int | None = None, user: int | None = None, other: int | None = None) -> dict[str, int | None]:
    return {"device": device, "user": user, "other": other}


# Quarantined


def test_an_id_with_too_many_partners_is_a_hub_and_joins_nobody(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(max_partners=partners(device=2)))
    world.login("ann hall", "bob hall", "ann phone")
    world.follow()
    assert world.tables().clusters == ["ann hall bob phone"]
    world.login("eve hall")
    result = world.follow()
    tables = world.tables()
    assert tables.clusters == ["ann phone"]
    assert [status for ids, status in tables.statuses.items() if "hall" in ids] == ["quarantined"] * 3
    assert tables.conflicts_now("hub") == {"hall"}
    assert result.changed["deleted"] == 2
    world.assert_settled()


def test_the_limit_is_that_of_the_kind_which_the_end_has_in_the_link(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(max_partners=partners(device=1)))
    world.login("ann hall")
    world.pair("hall crm")
    world.follow()
    assert world.tables().statuses == {"ann hall": "quarantined", "hall crm": "linked"}


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (partners(user=2), {"ann d1": "quarantined", "ann d2": "quarantined", "ann d3": "quarantined"}),
        (partners(user=3), {"ann d1": "linked", "ann d2": "linked", "ann d3": "linked"}),
        (partners(device=1), {"ann d1": "linked", "ann d2": "linked", "ann d3": "linked"}),
    ],
)
def test_a_limit_counts_distinct_partners(
    engine: Engine, limits: dict[str, int | None], expected: dict[str, str]
) -> None:
    world = IdentityWorld(engine, limited(max_partners=limits))
    world.login("ann d1", "ann d2", "ann d3", "ann d1")
    world.follow()
    assert world.tables().statuses == expected


def test_several_links_to_one_partner_count_once_and_an_id_is_no_partner_of_itself(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(max_partners=partners(device=1, other=1, user=1)))
    world.login("ann phone")
    world.pair("phone ann", "ann", "phone")
    world.follow()
    assert set(world.tables().statuses.values()) == {"linked"}


def test_a_hub_stays_one_when_a_link_of_it_is_split(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(max_partners=partners(device=2)))
    world.login("ann hall", "bob hall", "eve hall")
    world.follow()
    world.follow("split", a="eve", b="hall")
    assert world.tables().statuses == {"ann hall": "quarantined", "bob hall": "quarantined", "eve hall": "split"}


def test_a_limit_that_is_raised_takes_a_hub_back_and_ends_its_conflict(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(max_partners=partners(device=1)))
    world.login("ann hall", "bob hall")
    world.follow()
    assert world.tables().clusters == []
    world.document = limited(max_partners=partners(device=2))
    result = world.follow()
    assert world.tables().clusters == ["ann hall bob"]
    assert (result.pairs, result.conflicts) == (2, len(world.tables().conflicts_now("shared_device")))
    assert world.tables().conflicts_now("hub") == set()
    world.document = limited()
    assert sum(world.follow().changed.values()) == 0


# Shared


def test_a_shared_device_is_its_first_user_s_where_one_is_elected(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(shared_devices="elect"))
    world.login("ann tablet", "bob tablet", "bob phone")
    world.follow()
    tables = world.tables()
    assert tables.statuses == {"ann tablet": "linked", "bob tablet": "shared", "bob phone": "linked"}
    assert tables.clusters == ["ann tablet", "bob phone"]
    assert tables.conflicts_now("shared_device") == {"tablet"}
    world.assert_settled()


def test_a_shared_device_joins_its_users_where_that_is_configured_and_is_reported(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(shared_devices="join"))
    world.login("ann tablet", "bob tablet")
    world.follow()
    assert world.tables().clusters == ["ann tablet bob"]
    assert world.tables().conflicts_now("shared_device") == {"tablet"}


def test_a_shared_device_is_judged_anew_when_the_configuration_changes(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(shared_devices="join"))
    world.login("ann tablet", "bob tablet", "bob phone", "eve phone")
    world.follow()
    for way, clusters in (("elect", 2), ("join", 1), ("elect", 2)):
        world.document = limited(shared_devices=way)
        world.follow()
        assert len(world.tables().clusters) == clusters


def test_the_next_user_of_a_device_is_elected_when_the_first_is_split_off(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(shared_devices="elect"))
    world.login("ann tablet", "bob tablet", "eve tablet")
    world.follow()
    world.follow("split", a="ann", b="tablet")
    assert world.tables().statuses == {"ann tablet": "split", "bob tablet": "linked", "eve tablet": "shared"}
    world.follow("link", a="ann", b="tablet")
    assert world.tables().statuses == {"ann tablet": "linked", "bob tablet": "shared", "eve tablet": "shared"}


def test_the_next_user_of_a_device_is_elected_when_the_first_becomes_a_hub(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(shared_devices="elect", max_partners=partners(user=2)))
    world.login("ann tablet", "bob tablet", "ann d2")
    world.follow()
    assert world.tables().statuses["bob tablet"] == "shared"
    world.login("ann d3")
    world.follow()
    assert world.tables().statuses["bob tablet"] == "linked"
    assert world.tables().clusters == ["tablet bob"]


def test_a_device_that_two_users_share_by_other_links_is_not_shared(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(shared_devices="elect"))
    world.pair("tablet bob")
    world.login("ann tablet")
    world.follow()
    assert set(world.tables().statuses.values()) == {"linked"}


# Too large


def test_a_link_that_would_make_too_large_a_cluster_is_left_out(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(max_cluster_size=3))
    world.pair("a b", "c d", "b c", "b e", "d f", "a e")
    world.follow()
    tables = world.tables()
    assert tables.statuses == {
        "a b": "linked",
        "c d": "linked",
        "b c": "too_large",
        "b e": "linked",
        "d f": "linked",
        "a e": "linked",
    }
    assert tables.clusters == ["a b e", "c d f"]
    world.assert_settled()


def test_a_link_that_was_too_large_fits_when_a_split_makes_room(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(max_cluster_size=3))
    world.pair("a b", "b c", "c d", "d e")
    world.follow()
    assert world.tables().clusters == ["a b c", "d e"]
    world.follow("split", a="a", b="b")
    assert world.tables().statuses == {"a b": "split", "b c": "linked", "c d": "linked", "d e": "too_large"}
    world.follow("link", a="a", b="b")
    assert world.tables().clusters == ["a b c", "d e"]
    world.assert_settled()


def test_room_is_made_along_a_chain_of_links_that_were_too_large(engine: Engine) -> None:
    """What one link frees lets another in, whose cluster then keeps a third out, and so on."""
    world = IdentityWorld(engine, limited(max_cluster_size=2))
    world.pair(*(f"n{number} n{number + 1}" for number in range(9)))
    world.follow()
    assert world.tables().pairs == ["n0 n1", "n2 n3", "n4 n5", "n6 n7", "n8 n9"]
    world.follow("split", a="n0", b="n1")
    assert world.tables().pairs == ["n1 n2", "n3 n4", "n5 n6", "n7 n8"]
    world.assert_settled()


def test_a_smaller_limit_judges_all_links_anew(engine: Engine) -> None:
    world = IdentityWorld(engine, limited())
    world.pair("a b", "b c", "c d", "x y", "x")
    world.follow()
    world.document = limited(max_cluster_size=2)
    world.follow()
    assert world.tables().clusters == ["a b", "c d", "x y"]
    world.document = limited(max_cluster_size=1)
    world.follow()
    assert world.tables().clusters == ["x"]
    world.document = limited()
    world.follow()
    assert world.tables().clusters == ["a b c d", "x y"]


def test_large_clusters_are_reported_until_they_fit(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(max_cluster_size=2))
    world.pair("a b", "b c")
    world.follow()
    assert world.tables().conflicts_now("large_cluster")
    world.document = limited(max_cluster_size=3)
    world.follow()
    assert not world.tables().conflicts_now("large_cluster")


# Withdrawn


@both_engines
def test_a_refresh_that_would_take_out_too_many_pairs_is_refused_and_a_build_is_not(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(max_withdrawn=2))
    world.pair("a b", "b c", "c d", "x y")
    world.follow()
    before = world.contents()
    world.document = limited(max_withdrawn=2, max_cluster_size=1)
    with refused("4", "max_withdrawn"):
        world.run()
    assert world.contents() == before
    world.follow("build")
    assert world.tables().clusters == []
    world.document = limited(max_withdrawn=2)
    world.follow()
    assert world.tables().pairs == ["a b", "b c", "c d", "x y"]


def test_as_many_pairs_as_allowed_may_go_and_rows_of_one_id_do_not_count(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(max_withdrawn=1))
    world.pair("a b", "b c", "p", "q", "r")
    world.follow()
    world.document = limited(max_withdrawn=1, max_cluster_size=2)
    world.pair("p q")
    world.follow()
    assert world.tables().clusters == ["a b", "p q", "r"]


def test_a_hub_that_would_take_out_too_many_pairs_is_refused_until_somebody_builds(engine: Engine) -> None:
    world = IdentityWorld(engine, limited(max_withdrawn=1, max_partners=partners(device=2)))
    world.login("ann hall", "bob hall")
    world.follow()
    world.login("eve hall")
    with refused("2", "max_withdrawn"):
        world.run()
    world.follow("build")
    assert world.tables().clusters == []
