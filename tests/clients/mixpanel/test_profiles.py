"""Mixpanel's user profiles as a target of the user sync: the updates, and the many ways to refuse them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    AuthenticationError,
    DeadlineError,
    PlanError,
    QueryError,
    RateLimitError,
    UnavailableError,
)
from mixpanel_data.base.secret import Secret
from mixpanel_data.base.user_totals import Refusal, User
from mixpanel_data.clients.mixpanel import Profiles, Region
from mixpanel_data_standins.mixpanel import Access, Behaviour, StandInMixpanel, faults
from support.triggered_deadline import TriggeredDeadline

if TYPE_CHECKING:
    from support.wire import Wire

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOKEN = "t0ken-of-ours"
PROPERTIES = {"commits": "Commits", "lines": "Lines changed", "area": "$area", "last_event_time": "Last commit"}
TAKEN = b'{"status": 1, "error": null}'


def user(distinct_id: str, **values: Any) -> User:
    usual: dict[str, Any] = {
        "distinct_id": distinct_id,
        "commits": 3,
        "lines": Decimal("12.5"),
        "area": "kernel",
        "secret_score": 7,
        "events_processed": 5,
        "first_event_time": NOON,
        "last_event_time": NOON,
        "updated_at": NOON,
    }
    return {**usual, **values}


@pytest.fixture
def mixpanel() -> Iterator[StandInMixpanel]:
    with StandInMixpanel(now=lambda: NOON, access=Access(token=TOKEN)) as running:
        yield running


def profiles_of(url: str | None, deadline: Deadline | None = None, **options: Any) -> Profiles:
    """A client for one call."""
    given: dict[str, Any] = {
        "token": Secret(TOKEN),
        "region": Region.US,
        "properties": PROPERTIES,
        "base_url": url,
        **options,
    }
    return Profiles(**given).within(deadline or Deadline.after(60.0))


def calls(mixpanel: StandInMixpanel) -> int:
    return len(mixpanel.calls)


# What is sent


def test_profiles_get_the_configured_totals_and_nothing_else(mixpanel: StandInMixpanel) -> None:
    assert profiles_of(mixpanel.url).send([user("u1"), user("u2", commits=4)]) == []
    expected = {"Commits": 3, "Lines changed": 12.5, "$area": "kernel", "Last commit": "2026-03-01T12:00:00"}
    assert mixpanel.profiles["u1"] == expected
    assert mixpanel.profiles["u2"] == {**expected, "Commits": 4}
    assert calls(mixpanel) == 1


def test_sending_again_leaves_every_profile_as_it_is(mixpanel: StandInMixpanel) -> None:
    profiles = profiles_of(mixpanel.url)
    profiles.send([user("u1")])
    before = mixpanel.profiles["u1"]
    profiles.send([user("u1")])
    assert mixpanel.profiles["u1"] == before


def test_a_user_without_events_gets_no_profile(mixpanel: StandInMixpanel) -> None:
    profiles = profiles_of(mixpanel.url)
    assert profiles.send([user("u1", events_processed=0), user("u2")]) == []
    assert "u1" not in mixpanel.profiles
    assert "u2" in mixpanel.profiles


def test_without_users_to_send_no_request_is_made(mixpanel: StandInMixpanel) -> None:
    assert profiles_of(mixpanel.url).send([]) == []
    assert profiles_of(mixpanel.url).send([user("u1", events_processed=0)]) == []
    assert calls(mixpanel) == 0


def test_the_request_carries_the_token_the_id_and_the_properties(wire: Wire) -> None:
    wire.answer("200 OK", body=TAKEN)
    assert profiles_of(wire.url).send([user("ü1")]) == []
    head = wire.requests[0].lower()
    assert head.startswith("post /engage?verbose=1 http/1.1\r\n")
    assert "content-type: application/json" in head
    assert "authorization" not in head
    assert json.loads(wire.bodies[0]) == [
        {
            "$token": TOKEN,
            "$distinct_id": "ü1",
            "$ip": "0",
            "$ignore_time": True,
            "$set": {
                "Commits": 3,
                "Lines changed": 12.5,
                "$area": "kernel",
                "Last commit": "2026-03-01T12:00:00",
            },
        }
    ]


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("commits", 2**63 - 1, "9223372036854775807"),
        ("commits", -(2**63), "-9223372036854775808"),
        ("lines", Decimal("12.000000000"), "12"),
        ("lines", Decimal("0.1"), "0.1"),
        ("lines", Decimal("99999999999999999999999999999"), "99999999999999999999999999999"),
        ("lines", Decimal("-0.000000001"), "-1e-09"),
        ("area", 'a "quoted" \\ \0 \u2028 ü', json.dumps('a "quoted" \\ \0 \u2028 ü', ensure_ascii=False)),
        ("area", None, "null"),
        ("area", True, "true"),
        ("last_event_time", NOON.replace(microsecond=999_999), '"2026-03-01T12:00:00"'),
        ("last_event_time", datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=5))), '"2026-02-28T20:00:00"'),
        ("last_event_time", datetime(1, 1, 1, tzinfo=UTC), '"0001-01-01T00:00:00"'),
    ],
)
def test_a_value_is_sent_as_json(wire: Wire, column: str, value: Any, text: str) -> None:
    wire.answer("200 OK", body=TAKEN)
    profiles_of(wire.url, properties={column: "p"}).send([user("u1", **{column: value})])
    assert f'"$set":{{"p":{text}}}' in wire.bodies[0].decode()


@pytest.mark.parametrize(
    ("region", "host"),
    [(Region.US, "api.mixpanel.com"), (Region.EU, "api-eu.mixpanel.com"), (Region.IN, "api-in.mixpanel.com")],
)
def test_profiles_are_sent_to_the_host_of_the_projects_region(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, region: Region, host: str
) -> None:
    for name in ("HTTPS_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", wire.url)
    wire.answer("403 Forbidden")
    with pytest.raises(UnavailableError):
        profiles_of(None, region=region, deadline=TriggeredDeadline(begins=wire.is_asked.is_set)).send([user("u1")])
    assert wire.requests[0].startswith(f"CONNECT {host}:443 ")


def test_the_password_of_a_netrc_is_not_sent(wire: Wire, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    wire.answer("200 OK", body=TAKEN)
    profiles_of(wire.url).send([user("u1")])
    assert "authorization" not in wire.requests[0].lower()


def test_no_request_has_more_records_or_bytes_than_mixpanel_takes(mixpanel: StandInMixpanel) -> None:
    profiles = profiles_of(mixpanel.url)
    many = [user(f"u{number}") for number in range(profiles.most_users)]
    assert profiles.send(many) == []
    assert calls(mixpanel) == 1
    large = [user(f"v{number}", area="x" * 400_000) for number in range(12)]
    assert profiles.send(large) == []
    assert [call.status for call in mixpanel.calls] == [200] * 4
    assert len(mixpanel.profiles) == len(many) + len(large)


# What is refused


def test_a_partial_success_refuses_the_users_that_it_names(mixpanel: StandInMixpanel) -> None:
    mixpanel.profile_faults.append(faults.Partial(frozenset({"u3", "u5"})))
    refused = profiles_of(mixpanel.url).send([user(f"u{number}") for number in range(8)])
    assert refused == [Refusal(name, "$distinct_id: this id is refused") for name in ("u3", "u5")]
    assert len(mixpanel.profiles) == 6
    assert calls(mixpanel) == 1


def test_a_partial_success_that_names_nobody_is_narrowed_down(mixpanel: StandInMixpanel) -> None:
    mixpanel.profile_faults.permanent = faults.Partial(frozenset({"u3", "u5"}), without_positions=True)
    refused = profiles_of(mixpanel.url).send([user(f"u{number}") for number in range(8)])
    assert [refusal.distinct_id for refusal in refused] == ["u3", "u5"]
    assert "failed validation" in refused[0].reason
    assert len(mixpanel.profiles) == 6


@pytest.mark.parametrize(
    "answer",
    [
        b'{"status": 0, "error": "$set, must be an object"}',
        b"0",
        b'{"status": 1, "error": "some failed"}',
        b'{"status": 0, "error": "partial", "failed_records": [{"index": 7, "message": "no such place"}]}',
        b'{"status": 0, "error": "partial", "failed_records": ["one was wrong"]}',
        b'{"status": 0, "error": "partial", "failed_records": [{"index": true}]}',
    ],
)
def test_a_refusal_can_come_with_status_200(wire: Wire, answer: bytes) -> None:
    for body in (answer, TAKEN, answer):
        wire.answer("200 OK", body=body)
    (refusal,) = profiles_of(wire.url).send([user("u1"), user("u2")])
    assert refusal.distinct_id == "u2"
    assert refusal.reason.startswith("Mixpanel answered 200")
    assert [len(json.loads(body)) for body in wire.bodies] == [2, 1, 1]


@pytest.mark.parametrize("answer", [b"1", TAKEN, b'{"status": "OK"}', b'{"code": 200, "status": "OK", "error": ""}'])
def test_each_form_of_a_success_is_one(wire: Wire, answer: bytes) -> None:
    wire.answer("200 OK", body=answer)
    assert profiles_of(wire.url).send([user("u1"), user("u2")]) == []


def test_a_request_that_is_too_large_is_sent_in_halves(mixpanel: StandInMixpanel) -> None:
    mixpanel.behaviour = Behaviour(body_bytes=2_000)
    users = [user(f"u{number}", area="x" * (5_000 if number == 7 else 100)) for number in range(30)]
    (refusal,) = profiles_of(mixpanel.url).send(users)
    assert refusal.distinct_id == "u7"
    assert "413" in refusal.reason
    assert len(mixpanel.profiles) == 29


@pytest.mark.parametrize(
    ("distinct_id", "values", "says"),
    [
        ("", {}, "empty"),
        ("\ud800", {}, "surrogate"),
        ("u1", {"area": "\ud800"}, "surrogate"),
        ("u1", {"area": "x" * 1_000_001}, "bytes"),
    ],
)
def test_a_user_whom_mixpanel_cannot_take_is_refused_and_the_others_are_sent(
    mixpanel: StandInMixpanel, distinct_id: str, values: dict[str, Any], says: str
) -> None:
    (refusal,) = profiles_of(mixpanel.url).send([user(distinct_id, **values), user("u2")])
    assert refusal.distinct_id == distinct_id
    assert says in refusal.reason
    assert len(mixpanel.profiles) == 1


def test_a_project_that_refuses_everybody_is_an_error_after_a_few_users(mixpanel: StandInMixpanel) -> None:
    users = [user(f"u{number}") for number in range(1000)]
    everybody = frozenset(str(one["distinct_id"]) for one in users)
    mixpanel.profile_faults.permanent = faults.Partial(everybody, without_positions=True)
    with pytest.raises(QueryError, match=r"refused 21 profiles .* MIXPANEL_PROJECT_TOKEN"):
        profiles_of(mixpanel.url).send(users)
    assert calls(mixpanel) < 100


# What fails


@pytest.mark.parametrize(
    "fault",
    [
        faults.Status(429),
        faults.Status(500),
        faults.Status(503),
        faults.Status(400, '{"error": "Unable to process, try again"}'),
        faults.EmptyReply(),
        faults.ResetBeforeHeader(),
        faults.CloseEarly(5),
        faults.Reset(5),
    ],
)
def test_an_update_is_repeated_after_a_fault_that_may_pass(
    mixpanel: StandInMixpanel, waits: list[float], fault: faults.Fault
) -> None:
    """An update whose answer was lost may have been applied: absolute values can be sent twice."""
    mixpanel.profile_faults.extend([fault, fault])
    assert profiles_of(mixpanel.url, sleep=waits.append).send([user("u1")]) == []
    assert mixpanel.profiles["u1"]["Commits"] == 3
    assert len(waits) == 2


def test_the_retry_after_of_a_profile_update_is_obeyed(mixpanel: StandInMixpanel, waits: list[float]) -> None:
    mixpanel.profile_faults.append(faults.Status(429, retry_after="17"))
    profiles_of(mixpanel.url, sleep=waits.append).send([user("u1")])
    assert waits == [17.0]


def test_a_retry_after_of_a_profile_update_beyond_the_deadline_ends_the_attempts(
    mixpanel: StandInMixpanel, waits: list[float]
) -> None:
    mixpanel.profile_faults.permanent = faults.Status(429, retry_after="3600")
    with pytest.raises(RateLimitError, match="next run"):
        profiles_of(mixpanel.url, sleep=waits.append).send([user("u1")])
    assert (calls(mixpanel), waits) == (1, [])


def test_an_update_that_keeps_failing_is_sent_five_times(mixpanel: StandInMixpanel, waits: list[float]) -> None:
    mixpanel.profile_faults.permanent = faults.Status(503)
    with pytest.raises(UnavailableError, match="503"):
        profiles_of(mixpanel.url, sleep=waits.append).send([user("u1")])
    assert calls(mixpanel) == 5


def test_an_update_is_repeated_if_an_answer_200_says_that_the_fault_may_pass(wire: Wire, waits: list[float]) -> None:
    wire.answer("200 OK", body=b'{"status": 0, "error": "request timed out"}')
    wire.answer("200 OK", body=TAKEN)
    assert profiles_of(wire.url, sleep=waits.append).send([user("u1")]) == []
    assert len(waits) == 1


def test_an_update_whose_answer_stalls_ends_at_the_deadline(mixpanel: StandInMixpanel) -> None:
    mixpanel.profile_faults.permanent = faults.Stall(5)
    with pytest.raises(UnavailableError):
        profiles_of(mixpanel.url, deadline=Deadline.after(0.3)).send([user("u1")])


def test_an_update_without_an_answer_ends_at_the_deadline(mixpanel: StandInMixpanel) -> None:
    mixpanel.profile_faults.permanent = faults.SlowFirstByte(30.0)
    with pytest.raises(UnavailableError, match="did not answer"):
        profiles_of(mixpanel.url, deadline=Deadline.after(0.3)).send([user("u1")])


def test_after_the_deadline_no_update_is_sent(mixpanel: StandInMixpanel) -> None:
    with pytest.raises(DeadlineError):
        profiles_of(mixpanel.url, deadline=Deadline.after(0.0)).send([user("u1")])
    assert calls(mixpanel) == 0


@pytest.mark.parametrize(
    ("status", "body", "error", "says"),
    [
        ("401 Unauthorized", b'{"status": "error", "error": "Unauthorized"}', AuthenticationError, "PROJECT_TOKEN"),
        ("403 Forbidden", b'{"status": "error", "error": "Forbidden"}', AuthenticationError, "PROJECT_TOKEN"),
        ("200 OK", b'{"status": 0, "error": "token, missing or empty"}', AuthenticationError, "PROJECT_TOKEN"),
        ("402 Payment Required", b"", PlanError, "plan"),
        ("404 Not Found", b"", QueryError, "MIXPANEL_BASE_URL"),
        ("302 Found", b"", QueryError, "MIXPANEL_BASE_URL"),
        ("200 OK", b"<html>Welcome</html>", QueryError, "not Mixpanel.*MIXPANEL_BASE_URL"),
        ("200 OK", b"", QueryError, "not Mixpanel"),
    ],
)
def test_an_update_that_a_repeat_cannot_help_is_an_error_at_once(
    wire: Wire, waits: list[float], status: str, body: bytes, error: type[Exception], says: str
) -> None:
    wire.answer(status, body=body)
    with pytest.raises(error, match=says):
        profiles_of(wire.url, sleep=waits.append).send([user("u1"), user("u2")])
    assert waits == []


def test_the_token_is_in_no_message_no_refusal_and_no_log(
    wire: Wire, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    answer = f'{{"error": "did not like {TOKEN}"}}'.encode()
    for status in ("500 Oh", "404 No", "400 Bad"):
        wire.answer(status, body=answer)
    profiles = profiles_of(wire.url, sleep=waits.append)
    with pytest.raises(QueryError) as caught:
        profiles.send([user("u1")])
    (refusal,) = profiles.send([user("u1")])
    shown = f"{caught.value}{refusal}{caplog.text}{profiles!r}"
    assert TOKEN not in shown
    assert shown.count("did not like ***") == 3
