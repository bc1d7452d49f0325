"""`fetch_profiles`: every user once, page by page."""

import json
from datetime import datetime
from typing import Any

import pytest

from mixpanel_data.base.errors import (
    IncompleteExportError,
    PlanError,
    RateLimitError,
    RequestError,
    TableExistsError,
)
from mixpanel_data.workspace.workspace import Workspace
from mixpanel_data_standins.mixpanel.querying.state.quotas import QueryQuotas
from support.desk import Desk, DeskMaker


@pytest.fixture
def desk(desk_with: DeskMaker) -> Desk:
    """A desk whose project has 2,500 profiles: three pages."""
    made = desk_with()
    for number in range(2_500):
        made.mixpanel.profiles.put(
            f"u{number}", {"plan": "pro" if number % 2 else "free", "$last_seen": "2040-03-01T10:11:12", "n": number}
        )
    return made


def fetch(desk: Desk, name: str = "profiles", **options: Any) -> Any:
    with desk.workspace() as workspace:
        return workspace.fetch_profiles(name, **options)


def test_every_profile_is_there_once(desk: Desk) -> None:
    result = fetch(desk)
    assert (result.table, result.rows, result.type, result.date_range) == ("profiles", 2_500, "profiles", None)
    assert desk.rows("SELECT count(*), count(DISTINCT distinct_id) FROM profiles") == [(2_500, 2_500)]
    ((properties, last_seen),) = desk.rows("SELECT properties, last_seen FROM profiles WHERE distinct_id = 'u7'")
    assert json.loads(properties) == {"plan": "pro", "$last_seen": "2040-03-01T10:11:12", "n": 7}
    assert last_seen == datetime(2040, 3, 1, 10, 11, 12)


def test_the_columns_are_those_of_the_documentation(desk: Desk) -> None:
    fetch(desk)
    with Workspace.open(desk.path) as workspace:
        found = [(column.name, column.type) for column in workspace.schema("profiles").columns]
    assert found == [("distinct_id", "VARCHAR"), ("properties", "JSON"), ("last_seen", "TIMESTAMP")]


def test_an_expression_selects_profiles(desk: Desk) -> None:
    assert fetch(desk, where='properties["plan"] == "pro"').rows == 1_250


def test_a_fetch_that_was_cut_off_goes_on_after_the_last_page(desk: Desk) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(desk, progress=interrupt)
    assert fetch(desk).rows == 2_500
    assert [call.parameters.get("page") for call in desk.mixpanel.calls] == [None, "1", "2"]


def test_an_append_replaces_profiles_that_changed_and_adds_new_ones(desk: Desk) -> None:
    fetch(desk)
    desk.mixpanel.profiles.put("u7", {"plan": "changed"})
    desk.mixpanel.profiles.put("new", {"plan": "pro"})
    fetch(desk, append=True)
    assert desk.rows("SELECT count(*), count(DISTINCT distinct_id) FROM profiles") == [(2_501, 2_501)]
    assert desk.rows("SELECT properties->>'$.plan' FROM profiles WHERE distinct_id = 'u7'") == [("changed",)]


def test_an_append_that_brings_nothing_new_changes_no_row_and_leaves_the_file_as_large_as_it_was(desk: Desk) -> None:
    fetch(desk)
    before, size = desk.rows("SELECT rowid, * FROM profiles ORDER BY ALL"), desk.path.stat().st_size
    for _ in range(2):
        fetch(desk, append=True)
        assert desk.rows("SELECT rowid, * FROM profiles ORDER BY ALL") == before
        assert desk.path.stat().st_size <= size


def test_a_table_that_exists_is_refused(desk: Desk) -> None:
    fetch(desk)
    with pytest.raises(TableExistsError):
        fetch(desk)


@pytest.mark.parametrize("options", [{"cohort_id": 0}, {"output_properties": []}, {"name": "_p"}])
def test_a_parameter_that_is_wrong_is_refused(desk: Desk, options: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        fetch(desk, **options)
    assert desk.mixpanel.calls == []


def interrupted(desk: Desk, after: int = 1) -> None:
    """A fetch that ends after that many pages."""
    pages: list[int] = []

    def interrupt(count: int) -> None:
        pages.append(count)
        if len(pages) == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(desk, progress=interrupt)


def pages_asked(desk: Desk) -> list[str | None]:
    return [call.parameters.get("page") for call in desk.mixpanel.calls]


def test_a_fetch_whose_session_has_expired_starts_again_from_the_first_page(desk: Desk) -> None:
    interrupted(desk)
    desk.mixpanel.queries.sessions.expire()
    assert fetch(desk).rows == 2_500
    assert pages_asked(desk) == [None, "1", None, "1", "2"]


def test_pages_that_are_too_few_are_an_error_after_which_the_same_call_begins_anew(desk: Desk) -> None:
    desk.mixpanel.queries.caches_pages = False
    gone: list[int] = []

    def forget_some(_: int) -> None:
        if not gone:
            gone.append(1)
            desk.mixpanel.profiles = type(desk.mixpanel.profiles)()
            for number in range(2_400):
                desk.mixpanel.profiles.put(f"u{number}", {})

    with pytest.raises(IncompleteExportError, match="2,500"):
        fetch(desk, progress=forget_some)
    assert desk.rows("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'profiles'") == [(0,)]
    assert fetch(desk).rows == 2_400


def test_users_that_a_page_repeats_in_place_of_others_are_missed(desk: Desk) -> None:
    desk.mixpanel.queries.caches_pages = False

    def put_ten_before_them(_: int) -> None:
        known = desk.mixpanel.profiles.items()
        desk.mixpanel.profiles = type(desk.mixpanel.profiles)()
        for number in range(10):
            desk.mixpanel.profiles.put(f"new{number}", {})
        for distinct_id, properties in known[:2_490]:
            desk.mixpanel.profiles.put(distinct_id, properties)

    with pytest.raises(IncompleteExportError, match="announced 2,500 profiles and sent those of 2,4"):
        fetch(desk, progress=put_ten_before_them)


def test_a_server_that_sends_one_page_again_and_again_is_found_out(desk: Desk) -> None:
    desk.mixpanel.queries.caches_pages = False

    def come_before_them(_: int) -> None:
        known = desk.mixpanel.profiles.items()
        desk.mixpanel.profiles = type(desk.mixpanel.profiles)()
        for number in range(1_000):
            desk.mixpanel.profiles.put(f"new{number}", {})
        for distinct_id, properties in known:
            desk.mixpanel.profiles.put(distinct_id, properties)

    with pytest.raises(IncompleteExportError, match="Page 2"):
        fetch(desk, progress=come_before_them)


def test_where_pages_count_the_quota_ends_the_call_and_the_same_call_goes_on(desk: Desk) -> None:
    desk.mixpanel.queries.quotas = QueryQuotas(per_hour=2, count_pages=True)
    with pytest.raises(RateLimitError):
        fetch(desk)
    assert pages_asked(desk) == [None, "1", "2"]
    desk.mixpanel.queries.quotas = QueryQuotas()
    (desk.path.parent / "mp").rename(desk.path.parent / "ledger of the last hour")
    assert fetch(desk).rows == 2_500
    assert pages_asked(desk) == [None, "1", "2", "2"]


def test_a_plan_that_excludes_queries_costs_no_page_that_is_stored(desk: Desk) -> None:
    interrupted(desk, after=2)
    desk.mixpanel.queries.allows_queries = False
    with pytest.raises(PlanError):
        fetch(desk)
    desk.mixpanel.queries.allows_queries = True
    assert fetch(desk).rows == 2_500
    assert pages_asked(desk) == [None, "1", "2", "2"]


def test_ids_that_are_numbers_and_texts_that_utf8_has_no_bytes_for_are_stored(desk_with: DeskMaker) -> None:
    desk = desk_with()
    desk.mixpanel.queries.numeric_ids = True
    desk.mixpanel.profiles.put("42", {"half": "a\ud800", "nothing": float("nan"), "$last_seen": "no time"})
    desk.mixpanel.profiles.put("b", {"$last_seen": "2040-03-01T10:11:12+02:00"})
    assert fetch(desk).rows == 2
    rows = desk.rows("SELECT distinct_id, properties->>'$.half', properties->'$.nothing', last_seen FROM profiles")
    assert sorted(rows) == [("42", "a?", "null", None), ("b", None, None, datetime(2040, 3, 1, 8, 11, 12))]
