"""`mp users` keeps totals right and shows one user."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from cli.shell import Mp
from mixpanel_data_standins.mixpanel import StandInMixpanel
from support.engines import DuckDB
from support.published_events import PublishedEvent, purchase
from support.user_sync_world import UserSyncDataset, UserSyncWorld

METRICS = {
    "counters": {"purchases": {"event": "Purchase"}, "spent": {"event": "Purchase", "sum": "amount"}},
    "latest": {"plan": {"property": "plan", "type": "STRING"}, "birth_place": {"property": "city", "type": "STRING"}},
}


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A warehouse with March's events, which nobody has counted, and one where they are."""
    folder = tmp_path_factory.mktemp("users")
    engine = DuckDB(folder)
    world = UserSyncWorld(
        engine,
        METRICS,
        PublishedEvent("Signup", "2024-03-01 09:00:00", "ann"),
        purchase("ann", "2024-03-01 10:00:00"),
        purchase("bob", "2024-03-02 11:00:00"),
        purchase("bob", "2024-03-20 12:00:00", currency="EUR"),
        purchase("ann", "2024-03-05 10:00:00", amount=2.5, plan="free", city="Ulm"),
        purchase("ann", "2024-03-05 11:00:00", amount=4, plan="gold"),
    )
    brought = Path(shutil.copy(engine.path, folder / "brought.duckdb"))
    world.sync()
    return brought, engine.path


@pytest.fixture(autouse=True)
def _brought(mp: Mp, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_METRICS_CONFIG", json.dumps(METRICS))
    shutil.copy(files[0], "events.duckdb")


@pytest.fixture
def counted(files: tuple[Path, Path]) -> None:
    """Everything is."""
    shutil.copy(files[1], "events.duckdb")


def test_totals_are_brought_up_to_date_and_the_answer_is_on_stdout(mp: Mp) -> None:
    done = mp("users", "sync")
    assert done.code == 0, done.err
    assert (done.data["status"], done.data["job"]) == ("ok", "incremental-user-sync")
    assert [done.data[name] for name in ("days", "users", "events", "changed", "pending")] == [4, 2, 6, 2, 0]
    again = mp("users", "sync")
    assert (again.code, again.data["days"], again.data["changed"]) == (0, 0, 0)


def test_a_window_is_computed_alone(mp: Mp) -> None:
    done = mp("users", "sync", "--from", "2024-03-05", "--to", "2024-03-06")
    assert (done.code, done.data["days"], done.data["users"], done.data["pending"]) == (0, 1, 1, 3)


@pytest.mark.usefixtures("counted")
def test_what_a_user_has_is_shown(mp: Mp) -> None:
    done = mp("users", "show", "ann")
    assert done.code == 0, done.err
    assert done.data["distinct_id"] == "ann"
    totals = done.data["totals"]
    assert (totals["purchases"], totals["plan"], totals["events_processed"]) == (3, "gold", 4)
    assert float(totals["spent"]) == 6.5
    assert [(day["day"], day["events_processed"], day["purchases"]) for day in done.data["days"]] == [
        ("2024-03-01", 2, 1),
        ("2024-03-05", 2, 2),
    ]
    assert done.data["days"][1]["plan"] == "gold"


@pytest.mark.usefixtures("counted")
def test_a_metric_is_shown_whatever_it_is_called(mp: Mp) -> None:
    totals = mp("users", "show", "ann").data["totals"]
    assert totals["birth_place"] == "Ulm"
    assert "birth_place_place" not in totals


@pytest.mark.usefixtures("counted")
def test_a_table_has_totals_and_a_plot_of_the_days(mp: Mp) -> None:
    done = mp("users", "show", "ann", "--format", "table")
    assert done.code == 0, done.err
    for words in ("purchases", "gold", "2024-03-01", "2024-03-05", "█"):
        assert words in done.out
    newest = mp("users", "show", "ann", "--format", "table", "--days", "1")
    assert "2024-03-05" in newest.out
    assert "newest 1 of 2 days" in newest.err


@pytest.mark.usefixtures("counted")
def test_lines_and_csv_have_the_days(mp: Mp) -> None:
    lines = [json.loads(line) for line in mp("users", "show", "ann", "--format", "jsonl").out.splitlines()]
    assert [line["day"] for line in lines] == ["2024-03-01", "2024-03-05"]
    rows = list(csv.DictReader(io.StringIO(mp("users", "show", "ann", "--format", "csv").out)))
    assert [(row["day"], row["purchases"]) for row in rows] == [("2024-03-01", "1"), ("2024-03-05", "2")]


def test_of_a_cluster_the_days_of_all_its_ids_are_shown(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_METRICS_CONFIG", json.dumps({**METRICS, "by": "cluster"}))
    engine = DuckDB(Path())
    engine.path = Path("events.duckdb")
    UserSyncDataset(engine).cluster(c1=["ann", "bob"])
    mp("users", "sync")
    told = mp("users", "show", "c1").data
    assert (told["totals"]["events_processed"], [day["distinct_id"] for day in told["days"]]) == (
        6,
        ["ann", "bob", "ann", "bob"],
    )
    table = mp("users", "show", "c1", "--format", "table")
    assert "bob" in table.out
    assert "`mp users sync`" in mp("users", "show", "ann").err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["show", "nobody"], 4),
        (["show", "' OR 1=1 --"], 4),
        (["sync", "--from", "2024-03-01"], 3),
        (["sync", "--from", "x", "--to", "y"], 3),
    ],
    ids=str,
)
@pytest.mark.usefixtures("counted")
def test_what_cannot_be_answered_is_told(mp: Mp, arguments: list[str], code: int) -> None:
    done = mp("users", *arguments)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("error: ")


def test_a_wrong_configuration_is_named(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER_METRICS_CONFIG", '{"counters": {"a": {"event": "Purchase", "sum": "currency"}}}')
    done = mp("users", "sync")
    assert (done.code, done.out) == (3, "")
    assert "counters.a.sum" in done.err


def test_runs_are_listed(mp: Mp) -> None:
    mp("users", "sync")
    (run,) = mp("runs", "--job", "incremental-user-sync").data
    assert (run["status"], run["figures"]["changed"]) == ("ok", 2)


def test_a_target_that_is_not_configured_is_not_sent_to(mp: Mp) -> None:
    done = mp("users", "resend", "--target", "postgres")
    assert (done.code, done.out) == (3, "")
    assert "no target to send to: the user metrics configure none. Add one under sync" in done.err


def test_everybody_is_sent_again(mp: Mp, monkeypatch: pytest.MonkeyPatch) -> None:
    properties = {"sync": {"mixpanel": {"properties": {"purchases": "Purchases"}}}}
    monkeypatch.setenv("USER_METRICS_CONFIG", json.dumps({**METRICS, **properties}))
    with StandInMixpanel() as mixpanel:
        monkeypatch.setenv("MIXPANEL_PROJECT_TOKEN", mixpanel.access.token)
        monkeypatch.setenv("MIXPANEL_BASE_URL", mixpanel.url)
        mp("users", "sync")
        done = mp("users", "resend")
        assert (done.code, done.data["requeued"], done.data["sent"]) == (0, {"mixpanel": 2}, {"mixpanel": 2})
        assert mixpanel.profiles.writes == {"ann": 2, "bob": 2}
        refused = mp("users", "resend", "--target", "postgres")
    assert (refused.code, "no target 'postgres'. There are 'all', 'mixpanel'." in refused.err) == (4, True)
