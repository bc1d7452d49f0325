"""The ledger of queries: the hour's quota, the places, and what one process knows of another."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import MixpanelDataError, RateLimitError, UnavailableError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials
from mixpanel_data.clients.mixpanel.querying import QueryClient, QueryLedger
from support.query_server import QueryServer, Reply

if TYPE_CHECKING:
    from clients.mixpanel.querying.conftest import Asking, Time

NAMES, ENGAGE = "/api/query/events/names", "/api/query/engage"
PAGE = {"page": 0, "page_size": 1, "total": 2, "session_id": "s-1", "results": []}
LIBRARY = Path(__file__).parents[4] / "shared"
PROGRAM = """
import sys
from pathlib import Path
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import RateLimitError
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, Region
from mixpanel_data.clients.mixpanel.querying import QueryClient, QueryLedger

url, folder, count = sys.argv[1:]
account = Credentials(Secret("s3cret-of-ours"), "robot.1", "123")
client = QueryClient(account, Region.US, QueryLedger(Path(folder)), url).within(Deadline.after(50.0))
refused = 0
for _ in range(int(count)):
    try:
        client.event_names()
    except RateLimitError:
        refused += 1
print(refused)
"""


def process(server: QueryServer, ledger: QueryLedger, queries: int) -> subprocess.Popen[str]:
    """A process of its own that makes some queries, and prints how many of them were refused."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, server.url, str(ledger.folder), str(queries)],
        env={**os.environ, "PYTHONPATH": str(LIBRARY)},
        stdout=subprocess.PIPE,
        text=True,
    )


def ask(client: QueryClient, count: int) -> None:
    for _ in range(count):
        client.event_names()


def test_of_61_queries_by_four_processes_at_once_one_is_refused_and_none_sent_twice(
    server: QueryServer, ledger: QueryLedger
) -> None:
    server.answer(NAMES, Reply(["A"]))
    running = [process(server, ledger, count) for count in (16, 15, 15, 15)]
    refused = [int(one.communicate(timeout=60)[0]) for one in running]
    assert (sum(refused), len(server.asked)) == (1, 60)


def test_the_61st_query_may_be_tried_when_the_first_is_an_hour_old(
    server: QueryServer, client: Asking, time: Time
) -> None:
    server.answer(NAMES, Reply(["A"]))
    asking = client()
    ask(asking, 1)
    time.sleep(600.0)
    ask(asking, 59)
    with pytest.raises(RateLimitError, match=r"made 60 queries for project 123 .* MIXPANEL_QUERIES_PER_HOUR") as caught:
        ask(asking, 1)
    assert caught.value.retry_at == datetime(2026, 3, 2, 13, tzinfo=UTC)
    assert caught.value.retry_after_seconds == 3000.0
    assert len(server.asked) == 60
    time.sleep(3000.0)
    ask(asking, 1)
    with pytest.raises(RateLimitError):
        ask(asking, 1)
    assert len(server.asked) == 61


def test_the_hours_quota_is_a_setting(server: QueryServer, client: Asking, time: Time, tmp_path: Path) -> None:
    server.answer(NAMES, Reply(["A"]))
    asking = client(ledger=QueryLedger(tmp_path, most_an_hour=2, now=time))
    ask(asking, 2)
    with pytest.raises(RateLimitError, match="allows 2"):
        ask(asking, 1)


def test_projects_and_servers_are_counted_each_for_itself(
    server: QueryServer, client: Asking, time: Time, tmp_path: Path
) -> None:
    server.answer(NAMES, Reply(["A"]))
    server.answer(f"/eu{NAMES}", Reply(["A"]))
    ledger = QueryLedger(tmp_path, most_an_hour=1, now=time)
    other = Credentials(Secret("s3cret-of-ours"), "robot.1", "124")
    ask(client(ledger=ledger), 1)
    ask(client(ledger=ledger, credentials=other), 1)
    ask(client(ledger=ledger, base_url=f"{server.url}/eu"), 1)
    assert len(server.asked) == 3


def test_a_sixth_query_at_once_is_refused(server: QueryServer, client: Asking, ledger: QueryLedger, time: Time) -> None:
    server.answer(NAMES, Reply(["A"]))
    with ExitStack() as places:
        for _ in range(4):
            places.enter_context(ledger.place(server.url, "123"))
        ask(client(), 1)
        with ledger.place(server.url, "123"), pytest.raises(RateLimitError, match="MIXPANEL_QUERIES_AT_ONCE") as caught:
            ask(client(), 1)
        ask(client(), 1)
    assert caught.value.retry_at == time() + timedelta(seconds=10)
    assert len(server.asked) == 2


def test_a_query_that_is_refused_for_want_of_a_place_does_not_count(
    server: QueryServer, client: Asking, time: Time, tmp_path: Path
) -> None:
    server.answer(NAMES, Reply(["A"]))
    ledger = QueryLedger(tmp_path, most_an_hour=2, most_at_once=1, now=time)
    with ledger.place(server.url, "123"), pytest.raises(RateLimitError):
        ask(client(ledger=ledger), 1)
    ask(client(ledger=ledger), 1)


def test_a_process_that_is_killed_frees_its_place(server: QueryServer, client: Asking, ledger: QueryLedger) -> None:
    server.answer(NAMES, Reply(["A"], is_held=True), Reply(["A"]))
    narrow = QueryLedger(ledger.folder, most_at_once=1)
    running = process(server, narrow, 1)
    assert server.is_asked.wait(30.0)
    with pytest.raises(RateLimitError):
        ask(client(ledger=narrow), 1)
    running.send_signal(signal.SIGKILL)
    running.communicate(timeout=30)
    ask(client(ledger=narrow), 1)
    assert len(server.asked) == 2


def test_a_429_holds_for_the_other_processes_too(server: QueryServer, client: Asking, ledger: QueryLedger) -> None:
    server.refuse(NAMES, 429, "too many", Retry_After="3600")
    with pytest.raises(RateLimitError):
        ask(client(ledger=QueryLedger(ledger.folder)), 1)
    refused = process(server, ledger, 2).communicate(timeout=60)[0]
    assert (refused.strip(), len(server.asked)) == ("2", 1)


def test_after_a_429_no_query_is_sent_before_the_moment_that_it_names(
    server: QueryServer, client: Asking, time: Time
) -> None:
    server.refuse(NAMES, 429, "too many", Retry_After="100")
    server.answer(NAMES, Reply(["A"]))
    with pytest.raises(RateLimitError):
        ask(client(), 1)
    time.sleep(99.0)
    with pytest.raises(RateLimitError, match=r"try again from 2026-03-02T12:01:40Z") as caught:
        ask(client(), 1)
    assert (caught.value.retry_after_seconds, len(server.asked)) == (1.0, 1)
    time.sleep(1.0)
    ask(client(), 1)


@pytest.mark.parametrize(("status", "is_counted"), [(401, False), (402, False), (400, True), (403, True)])
def test_only_what_mixpanel_counts_is_counted(
    server: QueryServer, client: Asking, time: Time, tmp_path: Path, status: int, is_counted: bool
) -> None:
    server.refuse(NAMES, status, "no")
    server.answer(NAMES, Reply(["A"]))
    asking = client(ledger=QueryLedger(tmp_path, most_an_hour=1, now=time))
    with pytest.raises(MixpanelDataError):
        ask(asking, 1)
    if is_counted:
        with pytest.raises(RateLimitError):
            ask(asking, 1)
    else:
        ask(asking, 1)


def test_further_pages_of_profiles_do_not_count(
    server: QueryServer, client: Asking, time: Time, tmp_path: Path
) -> None:
    server.answer(ENGAGE, Reply(PAGE))
    asking = client(ledger=QueryLedger(tmp_path, most_an_hour=1, now=time))
    asking.engage()
    for page in (1, 2):
        asking.engage(session_id="s-1", page=page)
    with pytest.raises(RateLimitError):
        asking.engage()


def test_a_call_that_waits_waits_for_the_ledger_too(
    server: QueryServer, client: Asking, time: Time, tmp_path: Path
) -> None:
    server.answer(NAMES, Reply(["A"]))
    asking = client(ledger=QueryLedger(tmp_path, most_an_hour=1, now=time), is_waiting=True, deadline=Deadline())
    ask(asking, 2)
    assert time.waits == [3600.0]


def test_notes_of_a_wrong_clock_block_nothing(server: QueryServer, client: Asking, time: Time, tmp_path: Path) -> None:
    server.answer(NAMES, Reply(["A"]))
    ledger = QueryLedger(tmp_path, most_an_hour=1, now=time)
    time.moment += timedelta(days=3650)
    with ledger.place(server.url, "123") as place:
        place.refuse_until(time() + timedelta(hours=1))
    time.moment -= timedelta(days=3650)
    ask(client(ledger=ledger), 1)
    assert len(server.asked) == 1


def test_a_clock_that_was_set_back_forgets_no_query(
    server: QueryServer, client: Asking, time: Time, tmp_path: Path
) -> None:
    server.answer(NAMES, Reply(["A"]))
    asking = client(ledger=QueryLedger(tmp_path, most_an_hour=2, now=time))
    ask(asking, 1)
    time.moment -= timedelta(seconds=5)
    ask(asking, 1)
    with pytest.raises(RateLimitError) as caught:
        ask(asking, 1)
    assert caught.value.retry_at == time() + timedelta(hours=1)


def test_a_query_that_found_no_connection_does_not_count(
    server: QueryServer, client: Asking, time: Time, tmp_path: Path
) -> None:
    server.answer(NAMES, Reply(["A"]))
    ledger = QueryLedger(tmp_path, most_an_hour=1, now=time)
    with socket.create_server(("127.0.0.1", 0)) as unused:
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}"
    for _ in range(2):
        with pytest.raises(UnavailableError, match="did not answer"):
            ask(client(ledger=ledger, base_url=nobody), 1)
    (notes,) = tmp_path.glob("*.json")
    assert json.loads(notes.read_text())["queries"] == []


def test_a_query_whose_answer_was_lost_counts(server: QueryServer, client: Asking, time: Time, tmp_path: Path) -> None:
    asking = client(ledger=QueryLedger(tmp_path, most_an_hour=3, now=time))
    with pytest.raises(UnavailableError, match="599"):
        ask(asking, 1)
    with pytest.raises(RateLimitError):
        ask(asking, 1)
    assert len(server.asked) == 3


HUGE = f'{{"queries": [{10**400}], "refused_until": 0}}'


@pytest.mark.parametrize("text", ["", "{", "[]", '{"queries": ["x"], "refused_until": 0}', "\0", HUGE])
def test_notes_that_cannot_be_read_are_begun_anew(
    server: QueryServer, client: Asking, time: Time, tmp_path: Path, text: str
) -> None:
    server.answer(NAMES, Reply(["A"]))
    asking = client(ledger=QueryLedger(tmp_path, most_an_hour=2, now=time))
    ask(asking, 1)
    (notes,) = tmp_path.glob("*.json")
    notes.write_text(text)
    ask(asking, 2)
    with pytest.raises(RateLimitError):
        ask(asking, 1)


def test_without_a_folder_to_write_to_queries_are_made_and_a_warning_names_it(
    server: QueryServer, client: Asking, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer(NAMES, Reply(["A"]))
    (tmp_path / "file").write_text("")
    with caplog.at_level(logging.WARNING):
        ask(client(ledger=QueryLedger(tmp_path / "file" / "queries")), 1)
    assert str(tmp_path / "file" / "queries") in caplog.text
    assert len(server.asked) == 1


def test_notes_that_cannot_be_written_stop_no_query_and_keep_its_place(
    server: QueryServer, client: Asking, time: Time, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.answer(NAMES, Reply(["A"]))
    ledger = QueryLedger(tmp_path, most_at_once=1, now=time)
    ask(client(ledger=ledger), 1)
    (notes,) = tmp_path.glob("*.json")
    (tmp_path / f"{notes.stem}.new").mkdir()
    with ledger.place(server.url, "123"), pytest.raises(RateLimitError, match="MIXPANEL_QUERIES_AT_ONCE"):
        ask(client(ledger=ledger), 1)
    ask(client(ledger=ledger), 1)
    assert "The queries are not counted" in caplog.text
    assert len(json.loads(notes.read_text())["queries"]) == 1


def test_the_files_are_for_their_owner_alone(server: QueryServer, client: Asking, ledger: QueryLedger) -> None:
    server.answer(NAMES, Reply(["A"]))
    ask(client(), 1)
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (ledger.folder, ledger.folder.parent)} == {0o700}
    assert {stat.S_IMODE(file.stat().st_mode) for file in ledger.folder.iterdir()} == {0o600}
    assert not any("s3cret" in file.read_text() for file in ledger.folder.iterdir())


def test_no_file_is_named_after_the_password_of_a_base_url(ledger: QueryLedger) -> None:
    with ledger.place("http://ann:s3cret@127.0.0.1:1", "123"), ledger.place("http://127.0.0.1:1", "123"):
        names = [file.name for file in ledger.folder.iterdir()]
    assert not any("s3cret" in name for name in names)
    assert len([name for name in names if name.endswith(".json")]) == 1
