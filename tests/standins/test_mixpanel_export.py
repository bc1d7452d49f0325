"""The stand-in's raw export as a healthy Mixpanel answers it."""

import base64
import gzip
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpanel_data_standins.mixpanel import Access, Behaviour, Quotas, StandInMixpanel
from mixpanel_data_standins.mixpanel.events.pieces import Fresh, gzip_member, joined_crc

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def event(name: str, at: str = "2026-03-01 09:00", **properties: object) -> bytes:
    """A line as exports have it; `at` is its time, UTC."""
    time = int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp())
    line = {"event": name, "properties": {"time": time, "distinct_id": "ann", **properties}}
    return json.dumps(line, separators=(",", ":")).encode()


def ms(at: str) -> int:
    return int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() * 1000)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def standing_in(lines: bytes | Iterable[bytes], **options: object) -> StandInMixpanel:
    return StandInMixpanel(lines, **{"now": Clock(), **options})  # type: ignore[arg-type]


def ask(
    mixpanel: StandInMixpanel, first: str = "2026-03-01", last: str = "2026-03-01", **parameters: str
) -> requests.Response:
    access = mixpanel.access
    return requests.get(
        f"{mixpanel.url}/api/2.0/export",
        params={"project_id": access.project_id, "from_date": first, "to_date": last, **parameters},
        auth=(access.username, access.secret),
        timeout=10,
    )


def names(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line)["event"] for line in answer.content.split(b"\n")[:-1]]


def properties(answer: requests.Response) -> list[dict[str, object]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line)["properties"] for line in answer.content.split(b"\n")[:-1]]


def raw_exchange(mixpanel: StandInMixpanel, head: str) -> bytes:
    """All that the server sends in answer to these request lines until it closes."""
    host, port = mixpanel.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def request_head(mixpanel: StandInMixpanel, *headers: str, version: str = "HTTP/1.1") -> str:
    access = mixpanel.access
    user = base64.b64encode(f"{access.username}:{access.secret}".encode()).decode()
    query = urlencode({"project_id": access.project_id, "from_date": "2026-03-01", "to_date": "2026-03-01"})
    first = f"GET /api/2.0/export?{query} {version}"
    return "\n".join([first, f"Authorization: Basic {user}", "Connection: close", *headers, "", ""])


# Days


def test_the_range_includes_both_of_its_days_and_nothing_else() -> None:
    lines = [
        event("before", "2026-02-27 23:59:59"),
        event("first", "2026-02-28 00:00"),
        event("last", "2026-03-01 23:59:59"),
        event("after", "2026-03-02 00:00"),
    ]
    with standing_in(lines) as mixpanel:
        assert names(ask(mixpanel, "2026-02-28", "2026-03-01")) == ["first", "last"]


def test_a_day_without_events_is_an_answer_without_a_byte() -> None:
    with standing_in([event("a", "2026-02-28 10:00")]) as mixpanel:
        answer = ask(mixpanel)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["Content-Type"] == "text/plain"


def test_a_range_that_ends_after_today_is_refused_and_today_is_served() -> None:
    with standing_in([event("today", "2026-03-02 11:00")]) as mixpanel:
        assert names(ask(mixpanel, "2026-03-02", "2026-03-02")) == ["today"]
        answer = ask(mixpanel, "2026-03-02", "2026-03-03")
        assert answer.status_code == 400
        assert "to_date cannot be later than today" in answer.json()["error"]


def test_today_of_a_project_on_its_own_clock_is_a_day_of_its_zone() -> None:
    tokyo = Behaviour(time_basis="project", timezone="Asia/Tokyo")
    wall_clock = event("breakfast in Tokyo", "2026-03-03 07:30")
    clock = Clock(datetime(2026, 3, 2, 23, tzinfo=UTC))
    with standing_in([wall_clock], behaviour=tokyo, now=clock) as mixpanel:
        assert names(ask(mixpanel, "2026-03-03", "2026-03-03")) == ["breakfast in Tokyo"]
        mixpanel.behaviour = Behaviour(time_basis="utc", timezone="Asia/Tokyo")
        assert ask(mixpanel, "2026-03-03", "2026-03-03").status_code == 400


@pytest.mark.parametrize(
    ("first", "last", "problem"),
    [
        ("2026-02-30", "2026-03-01", "from_date"),
        ("2026-02-01", "20260301", "to_date"),
        ("2026-02-01", "", "to_date"),
        ("2026-02-01T00:00:00", "2026-03-01", "from_date"),
        ("2026-03-02", "2026-03-01", "from_date 2026-03-02 is after to_date 2026-03-01"),
    ],
)
def test_an_impossible_range_is_refused(first: str, last: str, problem: str) -> None:
    with standing_in([]) as mixpanel:
        answer = ask(mixpanel, first, last)
        assert answer.status_code == 400
        assert problem in answer.json()["error"]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("limit", "100001"),
        ("limit", "0"),
        ("limit", "ten"),
        ("event", "a"),
        ("event", '"a"'),
        ("event", "[]"),
        ("event", "[1]"),
        ("time_in_ms", "yes"),
    ],
)
def test_a_parameter_of_the_wrong_form_is_refused_by_name(parameter: str, value: str) -> None:
    with standing_in([event("a")]) as mixpanel:
        answer = ask(mixpanel, **{parameter: value})
        assert answer.status_code == 400
        assert f"Error in {parameter}:" in answer.json()["error"]


def test_an_error_has_the_form_that_is_set() -> None:
    with standing_in([]) as mixpanel:
        mixpanel.behaviour = Behaviour(error_form="request")
        assert ask(mixpanel, limit="x").json()["request"].startswith("/api/2.0/export?")
        mixpanel.behaviour = Behaviour(error_form="text")
        assert ask(mixpanel, limit="x").text.startswith("Error in limit")


# Filters


def test_only_the_named_events_are_served() -> None:
    lines = [event("a"), event("b"), event("Größe"), event("a", "2026-02-28 10:00")]
    with standing_in(lines) as mixpanel:
        assert names(ask(mixpanel, event='["a", "Größe"]')) == ["a", "Größe"]
        assert names(ask(mixpanel, "2026-02-01", event='["a"]')) == ["a", "a"]
        assert names(ask(mixpanel, event='["A", "unknown"]')) == []


def test_a_name_is_the_same_name_however_its_line_spells_it() -> None:
    escaped = rb'{"event":"Gr\u00f6\u00dfe","properties":{"time":1772355600}}'
    spaced = '{ "properties" : {"time": 1772355600}, "event": "Größe"}'.encode()
    with standing_in([escaped, spaced]) as mixpanel:
        answer = ask(mixpanel, event='["Größe"]')
        assert answer.content == escaped + b"\n" + spaced + b"\n"


def test_limit_is_the_number_of_rows() -> None:
    with standing_in([event(f"e{i}") for i in range(5)]) as mixpanel:
        assert names(ask(mixpanel, limit="3")) == ["e0", "e1", "e2"]
        assert len(names(ask(mixpanel, limit="100000"))) == 5


def test_where_chooses_among_rows() -> None:
    lines = [event("a", mp_processing_time_ms=1000), event("b", mp_processing_time_ms=2000), event("c")]
    with standing_in(lines) as mixpanel:
        assert names(ask(mixpanel, where='number(properties["mp_processing_time_ms"]) > 1500')) == ["b"]
        assert names(ask(mixpanel, where='properties["$time"] >= datetime("2026-03-01T09:00:01")')) == []


def test_a_where_that_cannot_be_parsed_is_refused_with_the_position() -> None:
    with standing_in([event("a", plan="pro")]) as mixpanel:
        unreadable = ask(mixpanel, where='properties["plan"] == ')
        assert (unreadable.status_code, unreadable.json()["error"]) == (
            400,
            "Error in where: unexpected end at character 23",
        )
        unfit = ask(mixpanel, where='properties["plan"]')
        assert unfit.status_code == 400
        assert "a string where a boolean is needed" in unfit.json()["error"]


def test_a_where_that_fails_midway_ends_the_body_with_an_error_line() -> None:
    many = [event("a", filler="x" * 1000, flag=True)] * 600
    with standing_in([*many, event("b", flag="not a boolean")]) as mixpanel:
        answer = ask(mixpanel, where='properties["flag"]')
        assert answer.status_code == 200
        assert answer.content.split(b"\n")[-2].startswith(b'{"error": "Error in where')


def test_where_can_be_switched_off() -> None:
    with standing_in([event("a")], behaviour=Behaviour(refuse_where=True)) as mixpanel:
        assert ask(mixpanel, where="true").status_code == 400
        assert names(ask(mixpanel)) == ["a"]


@pytest.mark.parametrize(("where_in_utc", "found"), [(False, ["in Berlin"]), (True, [])])
def test_datetime_in_a_where_is_on_the_projects_clock_or_in_utc(where_in_utc: bool, found: list[str]) -> None:
    berlin = Behaviour(time_basis="project", timezone="Europe/Berlin", where_in_utc=where_in_utc)
    with standing_in([event("in Berlin", "2026-03-01 09:00")], behaviour=berlin) as mixpanel:
        mixpanel.add(b'{"event":"never","properties":{"time":-9e300}}', day=date(2026, 3, 1))
        assert names(ask(mixpanel, where='event["$time"] > datetime("2026-03-01T08:30:00")')) == found


# Bytes


BROKEN = [
    b'{"event":"cut","properties":{"tim',
    b'{"event":"bad utf-8 \xff\xfe","properties":{"time":1772355600}}',
    b'{"event":"control \x01\x00","properties":{"time":1772355600}}',
    b"\xe2\x80\xa8 not json \x0b\x0c\x85\r",
    b"42",
    b'"text"',
    b"[]",
    b"",
    b'{"event":"deep","properties":{"x":' + b"[" * 3000,
    b'{"event":"big","properties":{"time":1772355600,"n":' + b"9" * 5000 + b"}}",
    b'{"event": 7, "properties": {"time": true}}',
    b'{"event":"spaces" , "properties":{ "time" : 1772355600 , "a" : 1.0e3 } }',
    b'{"event":"again","properties":{"time":1772355600,"a":1,"a":2}}',
]


def test_all_lines_even_broken_ones_are_served_byte_for_byte() -> None:
    with standing_in([]) as mixpanel:
        mixpanel.add(BROKEN, day=date(2026, 3, 1))
        assert ask(mixpanel).content == b"\n".join(BROKEN) + b"\n"


def test_a_line_that_is_not_an_event_passes_every_filter() -> None:
    with standing_in([b"garbage", event("a"), b"42"]) as mixpanel:
        assert ask(mixpanel, event='["b"]').content == b"garbage\n42\n"
        assert ask(mixpanel, where='properties["x"] == 1').content == b"garbage\n42\n"


def test_a_line_without_a_time_belongs_to_the_first_day_of_its_file(tmp_path: Path) -> None:
    late = event("late", "2026-02-20 10:00")
    (tmp_path / "1.ndjson").write_bytes(b"no time 1\n" + event("a") + b"\nno time 2\n" + late)
    (tmp_path / "2.ndjson").write_bytes(b"no time at all\n")
    with StandInMixpanel(tmp_path, now=Clock()) as mixpanel:
        assert ask(mixpanel).content == b"no time 1\n" + event("a") + b"\nno time 2\n"
        first_day = ask(mixpanel, "2026-02-20", "2026-02-20").content
        assert first_day == late + b"\nno time at all\n"


def test_lines_without_a_time_belong_to_today_where_no_line_has_one() -> None:
    with standing_in([b"nothing"]) as mixpanel:
        assert ask(mixpanel, "2026-03-02", "2026-03-02").content == b"nothing\n"


@settings(max_examples=40, deadline=None)
@given(lines=st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")), max_size=30))
def test_any_bytes_come_back_as_they_were_added(lines: list[bytes]) -> None:
    with standing_in([]) as mixpanel:
        mixpanel.add([line + b"\n" for line in lines], day=date(2026, 3, 1))
        assert ask(mixpanel).content == b"".join(line + b"\n" for line in lines)


@pytest.mark.parametrize(
    ("time", "day"),
    [
        ("1772355600", "2026-03-01"),
        ("1772355600.75", "2026-03-01"),
        ("1772355600123", "2026-03-01"),
        ('"2026-03-01T23:59:59"', "2026-03-01"),
        ('"2026-03-01T23:59:59Z"', "2026-03-01"),
        ('"2026-03-02T00:30:00+01:00"', "2026-03-01"),
        ("-1", "1969-12-31"),
    ],
)
def test_time_is_read_as_seconds_milliseconds_or_iso_text(time: str, day: str) -> None:
    line = f'{{"event":"a","properties":{{"time":{time}}}}}'.encode()
    with standing_in([line]) as mixpanel:
        assert ask(mixpanel, day, day).content == line + b"\n"


def test_a_folder_of_plain_and_gzipped_files_is_served_and_other_files_are_not(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(event("plain") + b"\n")
    (tmp_path / "b.ndjson.gz").write_bytes(gzip.compress(event("packed")) + gzip.compress(b"\n" + event("more")))
    (tmp_path / "c.jsonl").write_bytes(event("without newline"))
    (tmp_path / "README.md").write_text("not an event")
    with StandInMixpanel(tmp_path, now=Clock()) as mixpanel:
        assert names(ask(mixpanel)) == ["plain", "packed", "more", "without newline"]
    with StandInMixpanel(tmp_path / "a.ndjson", now=Clock()) as mixpanel:
        assert names(ask(mixpanel)) == ["plain"]


def test_a_folder_without_event_files_is_an_error_that_says_so(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match=r"has no event files. Name them \*.ndjson"),
        StandInMixpanel(tmp_path),
    ):
        pass


def test_days_that_are_added_interleaved_and_in_bulk_are_served_whole() -> None:
    generator = random.Random(7)
    lines = [
        event(f"e{i}", f"2026-02-{generator.randint(1, 28):02} 10:00", filler=generator.randbytes(400).hex())
        for i in range(6000)
    ]
    with standing_in(lines) as mixpanel:
        body = ask(mixpanel, "2026-02-01", "2026-02-28").content
        assert sorted(body.split(b"\n")[:-1]) == sorted(lines)
        assert ask(mixpanel, "2026-02-14", "2026-02-14").content.count(b"\n") == sum(
            json.loads(line)["properties"]["time"] // 86400 == ms("2026-02-14") // 86400000 for line in lines
        )


# Transfer


def test_a_body_is_gzipped_only_if_it_is_long_and_the_client_accepts_gzip() -> None:
    line = event("a").ljust(699)
    with standing_in([line, line]) as mixpanel:
        assert "Content-Encoding" not in ask(mixpanel).headers  # 1400 bytes
        mixpanel.add([b"x"])
        assert ask(mixpanel).headers["Content-Encoding"] == "gzip"
        assert len(ask(mixpanel).content) == 1402
        for refused in ("Accept-Encoding: identity", "Accept-Encoding: gzip;q=0", "X: gzip"):
            answer = raw_exchange(mixpanel, request_head(mixpanel, refused))
            assert b"Content-Encoding" not in answer
            assert b"x\n" in answer


def test_a_gzipped_body_is_one_member_that_simple_readers_read_whole() -> None:
    days = [event(f"e{i}", f"2026-02-{1 + i % 28:02} 10:00", filler="x" * 500) for i in range(200)]
    with standing_in([*days, b"garbage"]) as mixpanel:
        for filtered in ({}, {"event": '["e3","e4","e7"]'}, {"limit": "50"}):
            access = mixpanel.access
            answer = requests.get(
                f"{mixpanel.url}/api/2.0/export",
                params={"project_id": access.project_id, "from_date": "2026-02-01", "to_date": "2026-03-01"} | filtered,
                auth=(access.username, access.secret),
                stream=True,
                timeout=10,
            )
            one_member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            plain = one_member.decompress(answer.raw.read(decode_content=False))
            assert one_member.eof
            assert one_member.unused_data == b""
            assert plain.count(b"\n") == {"": 201, "event": 4, "limit": 50}["".join(filtered)]


@given(parts=st.lists(st.binary(max_size=200), max_size=6))
def test_separately_compressed_parts_make_one_valid_gzip_member(parts: list[bytes]) -> None:
    member = b"".join(gzip_member([Fresh(part) for part in parts], bytes))
    assert gzip.decompress(member) == b"".join(parts)
    whole = 0
    for part in parts:
        whole = joined_crc(whole, zlib.crc32(part), len(part))
    assert whole == zlib.crc32(b"".join(parts))


def test_a_body_is_chunked_unless_set_otherwise() -> None:
    with standing_in([event("a")]) as mixpanel:
        head, _, body = raw_exchange(mixpanel, request_head(mixpanel)).partition(b"\r\n\r\n")
        line = event("a") + b"\n"
        assert b"Transfer-Encoding: chunked" in head
        assert b"Content-Length" not in head
        assert body == b"%x\r\n%b\r\n0\r\n\r\n" % (len(line), line)


@pytest.mark.parametrize(("framing", "header"), [("close", None), ("length", b"Content-Length: ")])
def test_a_body_can_end_with_the_connection_or_by_its_length(framing: str, header: bytes | None) -> None:
    line = event("a") + b"\n"
    with standing_in(line, behaviour=Behaviour(framing=framing)) as mixpanel:  # type: ignore[arg-type]
        head, _, body = raw_exchange(mixpanel, request_head(mixpanel)).partition(b"\r\n\r\n")
        assert body == line
        assert b"chunked" not in head
        assert (header is None and b"Content-Length" not in head) or b"Content-Length: %d" % len(line) in head
        assert names(ask(mixpanel)) == ["a"]


def test_an_old_client_gets_no_chunks() -> None:
    with standing_in([event("a")]) as mixpanel:
        answer = raw_exchange(mixpanel, request_head(mixpanel, version="HTTP/1.0"))
        assert answer.endswith(b"\r\n\r\n" + event("a") + b"\n")


def test_one_connection_serves_several_calls() -> None:
    with standing_in([event("a")]) as mixpanel, requests.Session() as session:
        session.auth = (mixpanel.access.project_secret, "")
        for _ in range(3):
            query = {"from_date": "2026-03-01", "to_date": "2026-03-01"}
            assert names(session.get(f"{mixpanel.url}/api/2.0/export", params=query, timeout=10)) == ["a"]


# Credentials


@pytest.mark.parametrize(
    ("user", "password", "project_id", "status"),
    [
        ("account", "secret", "7", 200),
        ("account", "secret", None, 401),
        ("account", "secret", "8", 403),
        ("account", "wrong", "7", 401),
        ("other", "secret", "7", 401),
        ("project-secret", "", None, 200),
        ("project-secret", "", "7", 200),
        ("project-secret", "", "8", 403),
        ("project-secret", "x", None, 401),
        ("wrong", "", None, 401),
    ],
)
def test_only_the_projects_credentials_are_accepted(
    user: str, password: str, project_id: str | None, status: int
) -> None:
    access = Access(project_id="7", username="account", secret="secret", project_secret="project-secret")
    with standing_in([event("a")], access=access) as mixpanel:
        query = {"from_date": "2026-03-01", "to_date": "2026-03-01", "project_id": project_id}
        url = f"{mixpanel.url}/api/2.0/export"
        answer = requests.get(url, params=query, auth=(user, password), timeout=10)
        assert answer.status_code == status
        assert status != 401 or "invalid project secret" in answer.json()["error"]


@pytest.mark.parametrize(
    "header", ["", "Authorization: Bearer x", "Authorization: Basic !", "Authorization: Basic /w=="]
)
def test_a_call_without_readable_credentials_is_refused(header: str) -> None:
    with standing_in([event("a")]) as mixpanel:
        head = ["GET /api/2.0/export HTTP/1.1", *([header] if header else []), "Connection: close", "", ""]
        assert raw_exchange(mixpanel, "\n".join(head)).startswith(b"HTTP/1.1 401 Unauthorized\r\n")


def test_project_secrets_can_be_turned_off() -> None:
    access = Access(secrets_accepted=False)
    with standing_in([event("a")], access=access) as mixpanel:
        query = {"from_date": "2026-03-01", "to_date": "2026-03-01"}
        url, user = f"{mixpanel.url}/api/2.0/export", (access.project_secret, "")
        assert requests.get(url, params=query, auth=user, timeout=10).status_code == 401
        assert ask(mixpanel).status_code == 200


# Rows over time


def test_a_row_appears_when_the_clock_passes_its_processing_time() -> None:
    clock = Clock()
    late = event("late", mp_processing_time_ms=ms("2026-03-02 13:00"))
    with standing_in([event("a"), late], now=clock) as mixpanel:
        assert names(ask(mixpanel)) == ["a"]
        clock.at = NOON + timedelta(hours=1)
        assert names(ask(mixpanel)) == ["a", "late"]


def test_a_row_appears_only_after_the_lag() -> None:
    recent = event("recent", mp_processing_time_ms=ms("2026-03-02 11:30"))
    with standing_in([recent], behaviour=Behaviour(lag=timedelta(minutes=45))) as mixpanel:
        assert names(ask(mixpanel)) == []
        mixpanel.behaviour = Behaviour(lag=timedelta(minutes=30))
        assert names(ask(mixpanel)) == ["recent"]


def test_rows_can_appear_before_their_processing_time() -> None:
    early = event("early", mp_processing_time_ms=ms("2026-03-09 00:00"))
    with standing_in([early], behaviour=Behaviour(rows_wait=False)) as mixpanel:
        assert names(ask(mixpanel)) == ["early"]


def test_lines_can_be_added_and_days_dropped_while_the_server_runs() -> None:
    with standing_in([event("a")]) as mixpanel:
        mixpanel.add(event("b") + b"\n" + event("c", "2026-02-28 10:00"))
        assert names(ask(mixpanel, "2026-02-28")) == ["c", "a", "b"]
        mixpanel.drop_day(date(2026, 3, 1))
        assert names(ask(mixpanel, "2026-02-28")) == ["c"]


def test_rows_can_be_served_more_than_once() -> None:
    with standing_in([event("a"), event("b"), event("c")]) as mixpanel:
        mixpanel.behaviour = Behaviour(duplicate_every=1)
        assert names(ask(mixpanel)) == ["a", "a", "b", "b", "c", "c"]
        mixpanel.behaviour = Behaviour(duplicate_every=2)
        assert names(ask(mixpanel)) == ["a", "b", "b", "c"]


def test_rows_can_be_served_out_of_order_the_same_way_each_time() -> None:
    in_order = [f"e{i}" for i in range(50)]
    with standing_in([event(name) for name in in_order], behaviour=Behaviour(shuffle_seed=1)) as mixpanel:
        first = names(ask(mixpanel))
        assert first != in_order
        assert sorted(first) == sorted(in_order)
        assert names(ask(mixpanel)) == first


# Values that change on the way out


def test_time_in_ms_changes_the_time_and_nothing_else() -> None:
    plain = b'{"event":"a","properties":{"time":1772355600,"n":1.0,"in":{"time":5},"s":"\\"time\\":6"}}'
    spaced = b'{"properties": {"in": {"time": 5}, "time" : 1772355600.25 }, "event": "b"}'
    text = b'{"event":"c","properties":{"time":"2026-03-01T09:00:00"}}'
    already = b'{"event":"d","properties":{"time":1772355600123}}'
    with standing_in([plain, spaced, text, already, b"garbage"]) as mixpanel:
        assert ask(mixpanel, time_in_ms="true").content.split(b"\n") == [
            plain.replace(b"1772355600", b"1772355600000"),
            spaced.replace(b"1772355600.25", b"1772355600250"),
            text,
            already,
            b"garbage",
            b"",
        ]
        assert ask(mixpanel, time_in_ms="false").content.startswith(plain)


def test_time_can_be_served_as_text() -> None:
    huge = b'{"event":"huge","properties":{"time":9e300}}'
    with standing_in([event("a")], behaviour=Behaviour(time_format="iso")) as mixpanel:
        mixpanel.add([huge], day=date(2026, 3, 1))
        first, second, _ = ask(mixpanel).content.split(b"\n")
        assert json.loads(first)["properties"]["time"] == "2026-03-01T09:00:00"
        assert second == huge
        in_ms = ask(mixpanel, time_in_ms="true").content
        assert b'"time":"2026-03-01T09:00:00.000"' in in_ms


def test_a_merged_person_is_served_under_the_new_id_and_keeps_the_old_one() -> None:
    lines = [
        event("old id", distinct_id="d-1", plan="pro"),
        event("nested", distinct_id="x", in_={"distinct_id": "d-1"}),
        event("other", distinct_id="eve"),
    ]
    with standing_in(lines) as mixpanel:
        before = ask(mixpanel).content
        mixpanel.resolve["d-1"] = "bob"
        old, nested, other = properties(ask(mixpanel))
        assert old["distinct_id"] == "bob"
        assert old["$distinct_id_before_identity"] == "d-1"
        assert old["$is_reshuffled"] is True
        assert old["plan"] == "pro"
        assert nested["distinct_id"] == "x"
        assert "$is_reshuffled" not in other
        assert names(ask(mixpanel, where='properties["distinct_id"] == "bob"')) == ["old id"]
        mixpanel.resolve.clear()
        assert ask(mixpanel).content == before


def test_a_chain_of_merges_leads_to_its_last_id_even_if_it_is_a_circle() -> None:
    people = ["a", "b", "c", "x", "y", "7", "é"]
    with standing_in([event("e", distinct_id=person) for person in people]) as mixpanel:
        mixpanel.add(b'{"event":"e","properties":{"time":1772355600,"distinct_id":7}}')
        mixpanel.resolve.update({"a": "b", "b": "c", "x": "y", "y": "x", "7": "c", "é": "c"})
        found = [row["distinct_id"] for row in properties(ask(mixpanel))]
        assert found == ["c", "c", "c", "y", "x", "c", "c", "c"]


def test_a_merge_keeps_an_earlier_id_from_before_identity() -> None:
    row = event("e", distinct_id="b", **{"$distinct_id_before_identity": "a"})
    with standing_in([row], resolve={"b": "c"}) as mixpanel:
        (resolved,) = properties(ask(mixpanel))
        assert resolved["distinct_id"] == "c"
        assert resolved["$distinct_id_before_identity"] == "a"


# Quotas


def test_without_quotas_any_number_of_calls_is_answered() -> None:
    with standing_in([]) as mixpanel:
        assert {ask(mixpanel).status_code for _ in range(70)} == {200}


def test_the_hourly_quota_rolls_with_the_clock() -> None:
    clock = Clock()
    with standing_in([], now=clock, quotas=Quotas(per_hour=2, per_second=None)) as mixpanel:
        assert ask(mixpanel).status_code == 200
        clock.at += timedelta(minutes=10)
        assert ask(mixpanel).status_code == 200
        refused = ask(mixpanel)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3000")
        assert "rate limit exceeded" in refused.json()["error"]
        clock.at += timedelta(minutes=50)
        assert ask(mixpanel).status_code == 200
        assert ask(mixpanel).status_code == 429


def test_a_third_call_within_a_second_exceeds_a_quota_of_two() -> None:
    clock = Clock()
    with standing_in([], now=clock, quotas=Quotas(per_hour=None, per_second=2)) as mixpanel:
        assert [ask(mixpanel).status_code for _ in range(3)] == [200, 200, 429]
        clock.at += timedelta(seconds=1)
        assert ask(mixpanel).status_code == 200


def test_retry_after_can_be_a_date_or_missing() -> None:
    with standing_in([], quotas=Quotas(per_hour=0, retry_after="date")) as mixpanel:
        assert ask(mixpanel).headers["Retry-After"] == "Mon, 02 Mar 2026 13:00:00 GMT"
        mixpanel.quotas = Quotas(per_hour=0, retry_after="none")
        assert "Retry-After" not in ask(mixpanel).headers


@pytest.mark.parametrize(("count_failed", "status"), [(True, 429), (False, 200)])
def test_failed_calls_count_as_the_quotas_say(count_failed: bool, status: int) -> None:
    quotas = Quotas(per_hour=1, per_second=None, count_failed=count_failed)
    with standing_in([], quotas=quotas) as mixpanel:
        assert ask(mixpanel, limit="x").status_code == 400
        assert ask(mixpanel).status_code == status


def test_a_call_with_wrong_credentials_does_not_count() -> None:
    with standing_in([], quotas=Quotas(per_hour=1)) as mixpanel:
        right = mixpanel.access
        mixpanel.access = replace(right, secret="other")
        assert requests.get(f"{mixpanel.url}/api/2.0/export", timeout=10).status_code == 401
        mixpanel.access = right
        assert ask(mixpanel).status_code == 200


# The server


def test_a_call_is_recorded_with_its_parameters_status_and_bytes() -> None:
    with standing_in([event("a")]) as mixpanel:
        ask(mixpanel, event='["a"]')
        ask(mixpanel, limit="x")
        requests.get(f"{mixpanel.url}/elsewhere?a=1", timeout=10)
        export, refused, unknown = mixpanel.calls
        assert (export.method, export.path, export.status) == ("GET", "/api/2.0/export", 200)
        assert export.body_bytes == len(event("a")) + 1
        assert export.parameters["event"] == '["a"]'
        assert refused.status == 400
        assert (unknown.path, unknown.parameters, unknown.status) == ("/elsewhere", {"a": "1"}, 404)


def test_recorded_bytes_are_those_on_the_wire() -> None:
    with standing_in([event("a", filler="x" * 5000)]) as mixpanel:
        assert len(ask(mixpanel).content) > 5000
        assert mixpanel.calls[0].body_bytes < 500


def test_simultaneous_calls_all_get_the_whole_body() -> None:
    lines = [event(f"e{i}", filler="x" * 300) for i in range(3000)]
    with standing_in(lines) as mixpanel:
        bodies: list[int] = []
        threads = [threading.Thread(target=lambda: bodies.append(len(ask(mixpanel).content))) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert bodies == [sum(len(line) + 1 for line in lines)] * 12


def test_stopping_ends_idle_connections_and_leaves_no_thread() -> None:
    threads_before = set(threading.enumerate())
    with requests.Session() as session:
        with standing_in([event("a")]) as mixpanel:
            assert session.get(f"{mixpanel.url}/", timeout=10).status_code == 404
        assert set(threading.enumerate()) <= threads_before
        with pytest.raises(requests.ConnectionError):
            session.get(f"{mixpanel.url}/", timeout=10)


def test_the_command_serves_a_folder_until_a_signal(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_bytes(event("a"))
    options = ["--folder", str(tmp_path), "--port", "0", "--project-id", "7"]
    command = [sys.executable, "-m", "mixpanel_data_standins.mixpanel", *options]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        url = server.stdout.readline().split()[-1]
        query = {"from_date": "2026-03-01", "to_date": "2026-03-01", "project_id": "7"}
        user = (Access().username, Access().secret)
        assert names(requests.get(f"{url}/api/2.0/export", params=query, auth=user, timeout=10)) == ["a"]
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=10) == 0


def test_an_impossible_behaviour_is_an_error_that_names_the_values() -> None:
    with pytest.raises(ValueError, match=r"timezone is 'Mars/Base'. Give an IANA zone"):
        Behaviour(timezone="Mars/Base")
    with pytest.raises(ValueError, match=r"duplicate_every is -1, lag is 0:00:00. Give values of 0 or more"):
        Behaviour(duplicate_every=-1)


def test_the_command_names_a_folder_without_event_files(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mixpanel_data_standins.mixpanel", "--folder", str(tmp_path), "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=10, check=False)
    assert ended.returncode == 1
    assert "has no event files" in ended.stderr
