"""The sync with what it writes to besides: a real PostgreSQL, and profiles at the stand-in Mixpanel."""

from __future__ import annotations

from decimal import Decimal

from mixpanel_data_standins.mixpanel import faults
from support.published_events import purchase, visit
from users.outside import Outside


def test_the_totals_arrive_and_a_second_run_changes_nothing(outside: Outside) -> None:
    result = outside.sync()
    assert (dict(result.sent), dict(result.problems)) == ({"postgres": 3, "mixpanel": 3}, {})
    insights = outside.world.insights()
    for name, row in outside.rows().items():
        assert row == {column: insights[name][column] for column in row}
    assert outside.mixpanel.profiles["ann"] == {"Visits": 1, "Spent": 2.5, "Plan": "gold"}
    before, calls = outside.versions(), len(outside.mixpanel.calls)
    again = outside.sync()
    assert sum(again.sent.values()) == 0
    assert (outside.versions(), len(outside.mixpanel.calls)) == (before, calls)


def test_only_changed_users_are_sent(outside: Outside) -> None:
    outside.sync()
    outside.world.bring(purchase("bob", amount=7))
    assert dict(outside.sync().sent) == {"postgres": 1, "mixpanel": 1}
    assert outside.rows()["bob"]["spent"] == Decimal(7)
    assert outside.mixpanel.profiles.writes == {"ann": 1, "bob": 2, "cid": 1}


def test_a_user_who_became_another_leaves_nothing_but_zeros(outside: Outside) -> None:
    outside.sync()
    outside.world.move("bob", "ann")
    outside.sync()
    assert (outside.rows()["bob"]["visits"], outside.rows()["bob"]["events_processed"]) == (0, 0)
    assert outside.rows()["ann"]["visits"] == 2
    assert outside.mixpanel.profiles["ann"]["Visits"] == 2


def test_what_is_refused_is_told_and_sent_again_by_the_next_run(outside: Outside) -> None:
    outside.execute("ALTER TABLE {t} ADD CONSTRAINT no_bob CHECK (distinct_id <> 'bob')")
    outside.mixpanel.profile_faults.append(faults.Partial(frozenset({"cid"})))
    result = outside.sync()
    assert (dict(result.sent), dict(result.unsent)) == ({"postgres": 2, "mixpanel": 2}, {"postgres": 1, "mixpanel": 1})
    assert "no_bob" in result.problems["postgres"]
    assert "'cid'" in result.problems["mixpanel"]
    outside.execute("ALTER TABLE {t} DROP CONSTRAINT no_bob")
    result = outside.sync()
    assert (dict(result.sent), dict(result.problems)) == ({"postgres": 1, "mixpanel": 1}, {})
    assert outside.rows().keys() == {"ann", "bob", "cid"}
    assert outside.mixpanel.profiles.writes == {"ann": 1, "bob": 1, "cid": 1}


def test_a_place_that_is_away_keeps_neither_the_totals_nor_the_other_place(outside: Outside) -> None:
    url, outside.url = outside.url, "postgresql://u:p@127.0.0.1:1/d"
    result = outside.sync()
    assert result.problems["postgres"].startswith("UnavailableError: ")
    assert dict(result.sent) == {"postgres": 0, "mixpanel": 3}
    assert len(outside.world.insights()) == 3
    outside.url = url
    outside.mixpanel.profile_faults.permanent = faults.Status(429, retry_after="3600")
    outside.world.bring(visit("dan"))
    result = outside.sync()
    assert result.problems["mixpanel"].startswith("RateLimitError: ")
    assert dict(result.sent) == {"postgres": 4, "mixpanel": 0}
    outside.mixpanel.profile_faults.clear()
    assert dict(outside.sync().sent) == {"postgres": 0, "mixpanel": 1}
    assert "dan" in outside.mixpanel.profiles
