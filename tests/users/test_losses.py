"""A target that lost rows has them again after the next run, and `resend` sends everything once more."""

from __future__ import annotations

import contextlib
import logging

import pytest

from mixpanel_data.base.errors import RequestError
from mixpanel_data.warehouse.statements import Statement
from mixpanel_data_standins.mixpanel import faults
from support.fatal_steps import Killed, Steps
from support.mortal_warehouse import MortalWarehouse
from support.published_events import visit
from users.outside import Outside

ALL = {"ann", "bob", "cid"}


@pytest.fixture
def sent(outside: Outside) -> Outside:
    """Everybody's totals are there."""
    outside.sync()
    return outside


def test_an_emptied_table_is_filled_again_and_the_log_says_how_much_it_lacked(
    sent: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    before = sent.rows()
    sent.execute("TRUNCATE {t}")
    result = sent.sync()
    assert (dict(result.requeued), dict(result.sent)) == ({"postgres": 3}, {"postgres": 3, "mixpanel": 0})
    assert sent.rows() == before
    (told,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert told.getMessage() == "postgres: the table has 0 rows, and should have at least 3; 3 users are sent again"
    again = sent.sync()
    assert (dict(again.requeued), sum(again.sent.values())) == ({}, 0)


@pytest.mark.parametrize("resend", [[], ["postgres"]], ids=["emptied", "resent"])
def test_users_that_wait_for_another_target_are_sent_again_as_well(outside: Outside, resend: list[str]) -> None:
    outside.mixpanel.profile_faults.permanent = faults.Partial(frozenset({"cid"}))
    outside.sync()
    before = outside.rows()
    outside.execute("TRUNCATE {t}")
    result = outside.sync(resend=resend)
    assert (dict(result.requeued), dict(result.sent)) == ({"postgres": 3}, {"postgres": 3, "mixpanel": 0})
    assert outside.rows() == before


@pytest.mark.sequences
def test_a_dropped_table_is_a_problem_with_its_ddl_until_it_is_there_again(sent: Outside) -> None:
    sent.execute("DROP TABLE {t}")
    result = sent.sync()
    assert "CREATE TABLE" in result.problems["postgres"]
    sent.create()
    result = sent.sync()
    assert (dict(result.requeued), dict(result.problems)) == ({"postgres": 3}, {})
    assert sent.rows().keys() == ALL


def test_another_database_gets_everybody_even_if_it_has_as_many_rows(
    sent: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    schema = sent.schema
    sent.schema = f"{schema}_2"
    sent.create()
    sent.execute("INSERT INTO {t} (distinct_id, visits) VALUES ('ann', 99), ('x', 1), ('y', 1)")
    # The other table under the name of the first.
    sent.execute(f"DROP SCHEMA {schema} CASCADE")
    sent.execute(f"ALTER SCHEMA {sent.schema} RENAME TO {schema}")
    sent.schema = schema
    result = sent.sync()
    assert dict(result.requeued) == {"postgres": 3}
    assert sent.rows().keys() == ALL | {"x", "y"}
    assert sent.rows()["ann"]["visits"] == 1
    assert "it is another table" in caplog.text
    assert dict(sent.sync().requeued) == {}


def test_only_those_who_are_missing_are_sent_and_nothing_else_is_written(sent: Outside) -> None:
    sent.execute("INSERT INTO {t} (distinct_id) VALUES ('theirs 1'), ('theirs 2')")
    sent.sync()
    sent.execute("DELETE FROM {t} WHERE distinct_id = 'bob'")
    before = sent.versions()
    result = sent.sync()
    assert (dict(result.requeued), result.sent["postgres"]) == ({"postgres": 1}, 1)
    assert [row for row in sent.versions() if row["distinct_id"] != "bob"] == before
    assert sent.rows().keys() == ALL | {"theirs 1", "theirs 2"}


@pytest.mark.sequences
def test_rows_of_others_that_come_and_go_are_no_loss(sent: Outside, caplog: pytest.LogCaptureFixture) -> None:
    sent.execute("INSERT INTO {t} (distinct_id) VALUES ('theirs')")
    assert dict(sent.sync().requeued) == {}
    sent.execute("DELETE FROM {t} WHERE distinct_id = 'theirs'")
    result = sent.sync()
    assert (dict(result.requeued), dict(result.sent)) == ({}, {"postgres": 0, "mixpanel": 0})
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.sequences
def test_the_zeros_of_who_became_another_do_not_hide_a_loss(sent: Outside) -> None:
    sent.world.move("bob", "ann")
    sent.sync()
    sent.execute("DELETE FROM {t} WHERE distinct_id = 'cid'")
    assert dict(sent.sync().requeued) == {"postgres": 1}
    assert sent.rows().keys() == ALL


@pytest.mark.sequences
def test_a_table_that_was_filled_before_anybody_counted_is_compared_with_the_users_that_it_took(sent: Outside) -> None:
    """As after an upgrade from a version that did not count."""
    sent.world.transact([FORGET])
    assert dict(sent.sync().requeued) == {}
    sent.world.transact([FORGET])
    sent.execute("DELETE FROM {t} WHERE distinct_id = 'cid'")
    assert dict(sent.sync().requeued) == {"postgres": 1}


def test_resend_mends_what_a_count_cannot_show_and_writes_only_what_differs(sent: Outside) -> None:
    sent.execute("UPDATE {t} SET visits = 99 WHERE distinct_id = 'ann'")
    assert dict(sent.sync().requeued) == {}
    before = {row["distinct_id"]: row for row in sent.versions()}
    result = sent.sync(resend=["postgres"])
    assert (dict(result.requeued), dict(result.sent)) == ({"postgres": 3}, {"postgres": 3, "mixpanel": 0})
    after = {row["distinct_id"]: row for row in sent.versions()}
    assert {name for name in ALL if after[name] != before[name]} == {"ann"}
    assert sent.rows()["ann"]["visits"] == 1


@pytest.mark.sequences
def test_resend_of_all_reaches_the_targets_that_cannot_count(sent: Outside) -> None:
    assert dict(sent.sync(resend=["all"]).requeued) == {"postgres": 3, "mixpanel": 3}
    assert sent.mixpanel.profiles.writes == dict.fromkeys(ALL, 2)


def test_a_resend_that_dies_halfway_is_completed_by_any_run(sent: Outside) -> None:
    sent.execute("UPDATE {t} SET visits = 99")
    sent.most_users = 1
    steps = DyingWhen("after users/unsent.sql", occurrence=3)
    with sent.world.opened() as warehouse, contextlib.suppress(Killed):
        sent.sync(resend=["postgres"], warehouse=MortalWarehouse(warehouse, steps))
    assert sorted(row["visits"] for row in sent.rows().values()) == [1, 1, 99]
    result = sent.sync()
    assert (dict(result.sent), dict(result.unsent)) == ({"postgres": 1, "mixpanel": 0}, {"postgres": 0, "mixpanel": 0})
    assert [row["visits"] for row in sent.rows().values()] == [1, 1, 1]


@pytest.mark.sequences
def test_a_resend_to_a_target_that_is_away_stays_queued(sent: Outside) -> None:
    url, sent.url = sent.url, "postgresql://u:p@127.0.0.1:1/d"
    result = sent.sync(resend=["postgres"])
    assert (result.unsent["postgres"], result.problems["postgres"][:16]) == (3, "UnavailableError")
    sent.url = url
    assert sent.sync().sent["postgres"] == 3


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["postgre"], "no target 'postgre'. Nearest: 'postgres'."),
        (["postgres", "MIXPANEL"], "no target 'MIXPANEL'. Nearest: 'mixpanel'."),
    ],
)
def test_a_target_that_is_not_configured_is_refused_with_the_nearest(
    outside: Outside, names: list[str], message: str
) -> None:
    with pytest.raises(RequestError) as refused:
        outside.sync(resend=names)
    assert message in str(refused.value)
    assert outside.world.table("job_runs") == []


def test_without_any_target_there_is_nothing_to_resend(outside: Outside) -> None:
    with pytest.raises(RequestError, match=r"no target to send to.*sync\.postgres"):
        outside.world.sync(resend=["all"])


@pytest.mark.sequences
def test_a_user_who_comes_meanwhile_is_sent_with_those_who_were_lost(sent: Outside) -> None:
    sent.execute("TRUNCATE {t}")
    sent.world.bring(visit("dan"))
    result = sent.sync()
    assert (dict(result.requeued), result.sent["postgres"]) == ({"postgres": 3}, 4)
    assert sent.rows().keys() == ALL | {"dan"}


FORGET = Statement(
    "forget", "UPDATE user_metric_definitions SET target_place = NULL, target_rows = NULL WHERE kind = 'sync'"
)


class DyingWhen(Steps):
    """Dies where this point is passed for the n-th time."""

    def __init__(self, point: str, occurrence: int) -> None:
        super().__init__()
        self._point = point
        self._left = occurrence

    def is_next_fatal(self, name: str) -> bool:
        super().is_next_fatal(name)
        self._left -= name == self._point
        return self._left == 0 and name == self._point
