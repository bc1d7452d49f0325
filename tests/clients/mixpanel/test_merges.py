"""Merges of ids: the events that are sent, the merges that Mixpanel refuses, and what is sent again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from clients.mixpanel.project import ACCESS
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    AuthenticationError,
    ConfigError,
    DeadlineError,
    PlanError,
    QueryError,
    RateLimitError,
    UnavailableError,
)
from mixpanel_data.base.merges import Merge, MergeOutcome
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, Region
from mixpanel_data.clients.mixpanel.merging import Merges
from mixpanel_data_standins.mixpanel import Access, Behaviour, StandInMixpanel, faults

if TYPE_CHECKING:
    from support.wire import Wire

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOKEN = "t0ken-of-ours"
ACCOUNT = Credentials(Secret(ACCESS.secret), ACCESS.username, ACCESS.project_id)
OLDER = Credentials(Secret(ACCESS.project_secret))
STORED = b'{"code": 200, "num_records_imported": 1, "status": "OK"}'
SIMPLIFIED = "identity events are not allowed when project is using simplified identity management"


@pytest.fixture
def mixpanel() -> Iterator[StandInMixpanel]:
    access = Access(username=ACCESS.username, secret=ACCESS.secret, project_secret=ACCESS.project_secret, token=TOKEN)
    with StandInMixpanel(now=lambda: NOON, access=access) as running:
        yield running


def merges_of(url: str | None, deadline: Deadline | None = None, **options: Any) -> Merges:
    """A client for one call."""
    given = {"credentials": ACCOUNT, "region": Region.US, "token": Secret(TOKEN), "base_url": url, **options}
    return Merges(**given).within(deadline or Deadline.after(60.0))


def merge(first: str, second: str) -> Merge:
    return Merge((first, second), NOON - timedelta(days=1))


def numbered(count: int) -> list[Merge]:
    return [merge(f"a{number}", f"b{number}") for number in range(count)]


def refused(outcomes: list[MergeOutcome]) -> dict[str, str]:
    return {outcome.merge.ids[0]: outcome.message for outcome in outcomes if not outcome.is_stored}


def calls(mixpanel: StandInMixpanel) -> int:
    return len(mixpanel.calls)


# What is sent


@pytest.mark.parametrize("credentials", [ACCOUNT, OLDER], ids=["service account", "project secret"])
@pytest.mark.parametrize("token", [Secret(TOKEN), None], ids=["with token", "without token"])
def test_merges_are_stored_with_each_kind_of_credential(
    mixpanel: StandInMixpanel, credentials: Credentials, token: Secret | None
) -> None:
    pairs = [merge("foo", "bar"), merge("bär", 'a "quoted" \\ \u2028 😀')]
    outcomes = merges_of(mixpanel.url, credentials=credentials, token=token).send(pairs)
    assert outcomes == [MergeOutcome(one, True) for one in pairs]
    assert mixpanel.merges.pairs == [one.ids for one in pairs]
    assert calls(mixpanel) == 1


def test_a_merge_is_one_event_in_a_strict_import(wire: Wire) -> None:
    wire.answer("200 OK", body=STORED)
    pair = merge("foo", "bar")
    merges_of(wire.url).send([pair])
    head = wire.requests[0].lower()
    assert head.startswith(f"post /import?strict=1&project_id={ACCESS.project_id} http/1.1\r\n")
    assert "content-type: application/json" in head
    assert "authorization: basic " in head
    assert json.loads(wire.bodies[0]) == [
        {
            "event": "$merge",
            "properties": {
                "$distinct_ids": ["foo", "bar"],
                "$insert_id": pair.insert_id,
                "time": 1772280000,
                "distinct_id": "",
                "token": TOKEN,
            },
        }
    ]


def test_the_insert_id_depends_on_the_two_ids_and_on_nothing_else() -> None:
    ids = {one.insert_id for one in (merge("a", "b"), merge("b", "a"), Merge(("a", "b"), NOON))}
    assert ids == {merge("a", "b").insert_id}
    others = {merge(*pair).insert_id for pair in (("ab", ""), ("a", "B"), ("a b", "c"), ("a", "b c"), ("é", "b"))}
    assert len(others | ids) == 6
    assert all(re.fullmatch("[0-9a-f]{36}", one) for one in others)


def test_a_merge_that_is_sent_again_is_kept_once(mixpanel: StandInMixpanel) -> None:
    merges = merges_of(mixpanel.url)
    pair = merge("foo", "bar")
    assert [*merges.send([pair]), *merges.send([pair])] == [MergeOutcome(pair, True)] * 2
    assert mixpanel.merges.received == {pair.insert_id: 2}
    assert mixpanel.merges.pairs == [("foo", "bar")]


def test_a_request_has_2000_merges_at_most(mixpanel: StandInMixpanel) -> None:
    outcomes = merges_of(mixpanel.url).send(numbered(2001))
    assert [outcome.merge for outcome in outcomes if outcome.is_stored] == numbered(2001)
    assert [call.status for call in mixpanel.calls] == [200, 200]
    assert mixpanel.merges.pairs == [one.ids for one in numbered(2001)]


def test_without_merges_no_request_is_made(mixpanel: StandInMixpanel) -> None:
    assert merges_of(mixpanel.url).send([]) == []
    assert calls(mixpanel) == 0


@pytest.mark.parametrize(
    ("region", "host"),
    [(Region.US, "api.mixpanel.com"), (Region.EU, "api-eu.mixpanel.com"), (Region.IN, "api-in.mixpanel.com")],
)
def test_merges_are_sent_to_the_host_of_the_projects_region(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, region: Region, host: str
) -> None:
    for name in ("HTTPS_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", wire.url)
    for _ in range(5):
        wire.answer("403 Forbidden")
    with pytest.raises(UnavailableError):
        merges_of(None, region=region, sleep=lambda _: None).send([merge("foo", "bar")])
    assert wire.requests[0].startswith(f"CONNECT {host}:443 ")


# What is refused


@pytest.mark.parametrize("records", ["docs", "spec", "text"])
def test_a_partial_success_refuses_the_merges_that_it_names_and_stores_the_others(
    mixpanel: StandInMixpanel, records: Any
) -> None:
    mixpanel.import_faults.permanent = faults.RefusedMerges(frozenset({"a3", "b5"}), records)
    outcomes = merges_of(mixpanel.url).send(numbered(8))
    assert [outcome.merge for outcome in outcomes] == numbered(8)
    assert refused(outcomes).keys() == {"a3", "a5"}
    assert all("this merge is refused" in message for message in refused(outcomes).values())
    assert sorted(mixpanel.merges.pairs) == [one.ids for one in numbered(8) if one.ids[0] not in ("a3", "a5")]


def test_named_failures_need_no_second_request(mixpanel: StandInMixpanel) -> None:
    mixpanel.import_faults.append(faults.RefusedMerges(frozenset({"a3"})))
    merges_of(mixpanel.url).send(numbered(8))
    assert calls(mixpanel) == 1


@pytest.mark.parametrize("record", ["{id}", "event {id} failed", {"insert_id": "{id}", "index": 0}, {"index": 1}])
def test_a_failed_record_names_its_merge_in_any_of_these_forms(wire: Wire, record: Any) -> None:
    pairs = numbered(3)
    text = json.dumps({"code": 400, "error": "some failed", "failed_records": [record]})
    wire.answer("400 Bad Request", body=text.replace("{id}", pairs[1].insert_id).encode())
    assert refused(merges_of(wire.url).send(pairs)).keys() == {"a1"}


def test_as_many_failed_records_as_merges_refuse_all_of_them(wire: Wire) -> None:
    wire.answer("400 Bad Request", body=json.dumps({"failed_records": ["first", ""]}).encode())
    outcomes = merges_of(wire.url).send(numbered(2))
    assert refused(outcomes) == {"a0": "first", "a1": "refused without a reason"}


def test_a_request_that_is_too_large_is_sent_in_halves(mixpanel: StandInMixpanel) -> None:
    mixpanel.behaviour = Behaviour(body_bytes=600)
    outcomes = merges_of(mixpanel.url).send(numbered(30))
    assert refused(outcomes) == {}
    assert mixpanel.merges.pairs == [one.ids for one in numbered(30)]
    assert {call.status for call in mixpanel.calls} == {200, 413}


def test_a_merge_that_is_too_large_by_itself_is_refused(mixpanel: StandInMixpanel) -> None:
    mixpanel.behaviour = Behaviour(body_bytes=400)
    outcomes = merges_of(mixpanel.url).send([merge("a" * 250, "b"), *numbered(3)])
    ((_, message),) = refused(outcomes).items()
    assert message == "Mixpanel answered 413: request exceeds max limit of 400 bytes"
    assert len(mixpanel.merges) == 3


@pytest.mark.parametrize(("ids", "says"), [(("\ud800", "b"), "surrogate"), (("a", "b" * 256), "255 characters")])
def test_ids_that_mixpanel_would_not_keep_as_they_are_are_not_sent(
    mixpanel: StandInMixpanel, ids: tuple[str, str], says: str
) -> None:
    first, second = merges_of(mixpanel.url).send([merge(*ids), merge("foo", "bar")])
    assert not first.is_stored
    assert says in first.message
    assert second.is_stored
    assert mixpanel.merges.pairs == [("foo", "bar")]


def test_a_project_that_refuses_everything_is_an_error(mixpanel: StandInMixpanel) -> None:
    """A refused merge is not sent again, so none may be refused for what is wrong with the project."""
    everyone = frozenset(one.ids[0] for one in numbered(100))
    mixpanel.import_faults.permanent = faults.RefusedMerges(everyone)
    merges = merges_of(mixpanel.url)
    assert len(refused(merges.send(numbered(20)))) == 20
    with pytest.raises(QueryError, match=r"refused 21 merges in a row.*MIXPANEL_PROJECT_ID"):
        merges.send(numbered(1))


def test_a_refused_token_is_an_error_even_of_one_merge(mixpanel: StandInMixpanel) -> None:
    with pytest.raises(AuthenticationError, match="MIXPANEL_PROJECT_TOKEN"):
        merges_of(mixpanel.url, token=Secret("another")).send(numbered(1))


def test_a_project_with_simplified_identity_is_an_error_of_the_configuration(mixpanel: StandInMixpanel) -> None:
    mixpanel.behaviour = Behaviour(identity="simplified")
    with pytest.raises(ConfigError, match="simplified in the identity configuration"):
        merges_of(mixpanel.url).send(numbered(1))
    assert len(mixpanel.merges) == 0


def test_a_project_with_simplified_identity_may_refuse_the_whole_request(wire: Wire) -> None:
    wire.answer("400 Bad Request", body=json.dumps({"code": 400, "error": SIMPLIFIED}).encode())
    with pytest.raises(ConfigError, match="simplified"):
        merges_of(wire.url).send(numbered(2))


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
def test_merges_are_sent_again_after_a_fault_that_may_pass_and_are_kept_once(
    mixpanel: StandInMixpanel, waits: list[float], fault: faults.Fault
) -> None:
    """Merges whose answer was lost were stored."""
    mixpanel.import_faults.extend([fault, fault])
    assert refused(merges_of(mixpanel.url, sleep=waits.append).send(numbered(3))) == {}
    assert mixpanel.merges.pairs == [one.ids for one in numbered(3)]
    assert len(waits) == 2


def test_the_retry_after_of_an_import_is_obeyed(mixpanel: StandInMixpanel, waits: list[float]) -> None:
    mixpanel.import_faults.append(faults.Status(429, retry_after="17"))
    merges_of(mixpanel.url, sleep=waits.append).send(numbered(1))
    assert waits == [17.0]


def test_a_retry_after_of_an_import_beyond_the_deadline_ends_the_attempts(
    mixpanel: StandInMixpanel, waits: list[float]
) -> None:
    mixpanel.import_faults.permanent = faults.Status(429, retry_after="3600")
    with pytest.raises(RateLimitError, match="next push"):
        merges_of(mixpanel.url, sleep=waits.append).send(numbered(1))
    assert (calls(mixpanel), waits) == (1, [])


def test_an_import_that_keeps_failing_is_sent_five_times(mixpanel: StandInMixpanel, waits: list[float]) -> None:
    mixpanel.import_faults.permanent = faults.Status(503)
    with pytest.raises(UnavailableError, match="503"):
        merges_of(mixpanel.url, sleep=waits.append).send(numbered(1))
    assert calls(mixpanel) == 5


def test_an_import_whose_answer_stalls_ends_at_the_deadline(mixpanel: StandInMixpanel) -> None:
    mixpanel.import_faults.permanent = faults.Stall(5)
    with pytest.raises(UnavailableError):
        merges_of(mixpanel.url, deadline=Deadline.after(0.3)).send(numbered(1))


def test_after_the_deadline_no_merge_is_sent(mixpanel: StandInMixpanel) -> None:
    with pytest.raises(DeadlineError):
        merges_of(mixpanel.url, deadline=Deadline.after(0.0)).send(numbered(1))
    assert calls(mixpanel) == 0


@pytest.mark.parametrize(
    ("status", "body", "error", "says"),
    [
        ("401 Unauthorized", b'{"code": 401, "error": "Invalid credentials"}', AuthenticationError, "PROJECT_ID"),
        ("400 Bad Request", b'{"code": 400, "error": "Invalid credentials"}', AuthenticationError, "PROJECT_ID"),
        ("403 Forbidden", b'{"error": "Forbidden"}', AuthenticationError, "Admin or Owner"),
        ("402 Payment Required", b"", PlanError, "plan"),
        ("404 Not Found", b"", QueryError, "MIXPANEL_BASE_URL"),
        ("302 Found", b"", QueryError, "MIXPANEL_BASE_URL"),
        ("400 Bad Request", b'{"code": 400, "error": "no array"}', QueryError, "no array"),
        ("400 Bad Request", b'{"code": 400, "error": "none", "failed_records": []}', QueryError, "none"),
        ("200 OK", b"<html>Welcome</html>", QueryError, "MIXPANEL_BASE_URL"),
        ("200 OK", b"", QueryError, "MIXPANEL_BASE_URL"),
        ("200 OK", b'{"status": 0, "error": "no"}', QueryError, "no"),
    ],
)
def test_an_import_that_a_repeat_cannot_help_is_an_error_at_once(
    wire: Wire, waits: list[float], status: str, body: bytes, error: type[Exception], says: str
) -> None:
    wire.answer(status, body=body)
    with pytest.raises(error, match=says):
        merges_of(wire.url, sleep=waits.append).send(numbered(2))
    assert waits == []


def test_no_secret_is_in_a_message_an_outcome_or_a_log(
    wire: Wire, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    texts = f"{ACCESS.secret} {TOKEN}"
    wire.answer("500 Oh", body=json.dumps({"error": texts}).encode())
    wire.answer("404 No", body=json.dumps({"error": texts}).encode())
    wire.answer("400 Bad", body=json.dumps({"failed_records": ["x" * 292 + texts]}).encode())
    merges = merges_of(wire.url, sleep=waits.append)
    with pytest.raises(QueryError) as caught:
        merges.send(numbered(1))
    (outcome,) = merges.send(numbered(1))
    shown = f"{caught.value}{outcome}{caplog.text}{merges!r}"
    assert shown.count("*** ***") == 3
    assert outcome.message.endswith("x*** ***")
    assert not any(secret[:6] in shown for secret in (ACCESS.secret, TOKEN))


# Several calls of one client


def test_the_refusals_of_one_call_do_not_count_in_the_next(mixpanel: StandInMixpanel) -> None:
    everyone = frozenset(one.ids[0] for one in numbered(100))
    mixpanel.import_faults.permanent = faults.RefusedMerges(everyone)
    client = Merges(ACCOUNT, Region.US, Secret(TOKEN), mixpanel.url)
    with pytest.raises(QueryError, match="in a row"):
        client.within(Deadline()).send(numbered(100))
    assert refused(client.within(Deadline()).send(numbered(1))).keys() == {"a0"}
    client.close()
