"""The Lexicon: what is read and sent, the pace that is kept, what Mixpanel refuses, and what is sent again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from clients.mixpanel.project import ACCESS, NOON
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.errors import (
    AuthenticationError,
    ConfigError,
    DeadlineError,
    MixpanelDataError,
    PlanError,
    QueryError,
    RateLimitError,
    UnavailableError,
)
from mixpanel_data.base.secret import Secret
from mixpanel_data.clients.mixpanel import Credentials, Region
from mixpanel_data.clients.mixpanel.lexicon import Entry, EntryOutcome, Lexicon
from mixpanel_data.clients.mixpanel.lexicon.pace import Pace
from mixpanel_data_standins.mixpanel import Behaviour, StandInMixpanel, faults

if TYPE_CHECKING:
    from support.wire import Wire

ACCOUNT = Credentials(Secret(ACCESS.secret), ACCESS.username, ACCESS.project_id)
PATH = f"/api/app/projects/{ACCESS.project_id}/schemas"
STORED = b'{"status": "ok", "results": {"added": 1, "deleted": 0}}'


class Time:
    """A clock that only waiting moves; `waits` has the seconds of each wait."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def lexicon_of(url: str | None, time: Time | None = None, deadline: Deadline | None = None, **options: Any) -> Lexicon:
    """A client for one call."""
    time = time or Time()
    given = {"credentials": ACCOUNT, "region": Region.US, "base_url": url, "sleep": time.sleep, "pace": Pace(time)}
    return Lexicon(**{**given, **options}).within(deadline or Deadline.after(600.0))


def entry(name: str, properties: int = 1) -> Entry:
    return Entry(name, {"properties": {f"p{number}": {"type": "string"} for number in range(properties)}})


def numbered(count: int, properties: int = 1) -> list[Entry]:
    return [entry(f"e{number}", properties) for number in range(count)]


def refused(outcomes: Sequence[EntryOutcome]) -> dict[str, str]:
    return {outcome.entry.name: outcome.message for outcome in outcomes if not outcome.is_stored}


# What is read and sent


def test_the_entries_are_those_of_the_events_as_they_are(mixpanel: StandInMixpanel) -> None:
    schema = {
        "description": "Somebody paid",
        "properties": {"amount": {"type": "number", "metadata": {"com.mixpanel": {"hidden": True}}}},
        "metadata": {"com.mixpanel": {"tags": ["core"], "contacts": ["a@b.c"]}},
        "unknown": [1, None],
    }
    mixpanel.lexicon.write("Purchase", schema)
    mixpanel.lexicon.write("$user", {"properties": {}}, entity="profile")
    assert lexicon_of(mixpanel.url).entries() == [Entry("Purchase", schema)]


def test_what_is_sent_is_what_is_read_afterwards(mixpanel: StandInMixpanel) -> None:
    entries = [entry("Purchase", 3), Entry("Käufer 😀 \u2028 \ud83d", {"description": "x"}), Entry("$a.b")]
    lexicon = lexicon_of(mixpanel.url)
    assert lexicon.send(entries) == [EntryOutcome(one, True) for one in entries]
    assert lexicon.entries() == entries


def test_entries_are_sent_without_truncating_any(wire: Wire) -> None:
    wire.answer("200 OK", body=STORED)
    lexicon_of(wire.url).send([entry("Purchase")])
    head = wire.requests[0].lower()
    assert head.startswith(f"post {PATH} http/1.1\r\n")
    assert "content-type: application/json" in head
    assert "authorization: basic " in head
    assert json.loads(wire.bodies[0]) == {
        "entries": [
            {"entityType": "event", "name": "Purchase", "schemaJson": {"properties": {"p0": {"type": "string"}}}}
        ],
        "truncate": False,
    }


def test_without_entries_no_request_is_made(mixpanel: StandInMixpanel) -> None:
    lexicon = lexicon_of(mixpanel.url)
    assert (list(lexicon.batches([])), lexicon.send([])) == ([], [])
    assert mixpanel.calls == []


@pytest.mark.parametrize(
    ("region", "host"),
    [(Region.US, "mixpanel.com"), (Region.EU, "eu.mixpanel.com"), (Region.IN, "in.mixpanel.com")],
)
def test_the_lexicon_is_on_the_host_of_the_projects_region(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, region: Region, host: str
) -> None:
    for name in ("HTTPS_PROXY", "no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", wire.url)
    for _ in range(5):
        wire.answer("403 Forbidden")
    with pytest.raises(UnavailableError):
        lexicon_of(None, region=region).entries()
    assert wire.requests[0].startswith(f"CONNECT {host}:443 ")


def test_a_project_secret_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ConfigError, match="MIXPANEL_SERVICE_ACCOUNT"):
        lexicon_of("http://127.0.0.1:1", credentials=Credentials(Secret("0lder-secret")))


# The pace


def test_a_batch_has_2000_names_at_most(mixpanel: StandInMixpanel) -> None:
    batches = list(lexicon_of(mixpanel.url).batches(numbered(50, 99)))
    assert [sum(one.names for one in batch) for batch in batches] == [2000, 2000, 1000]
    assert [one for batch in batches for one in batch] == numbered(50, 99)


def test_an_entry_with_more_names_than_a_batch_stands_by_itself(mixpanel: StandInMixpanel) -> None:
    entries = [entry("a"), entry("b", 5000), entry("c")]
    assert [[one.name for one in batch] for batch in lexicon_of(mixpanel.url).batches(entries)] == [["a"], ["b"], ["c"]]


@pytest.mark.parametrize(("batches", "names"), [(12, 3), (7, 2000), (9, 900), (2, 5000)])
def test_mixpanel_s_limits_of_a_minute_are_never_exceeded(
    mixpanel: StandInMixpanel, time: Time, batches: int, names: int
) -> None:
    mixpanel.now = lambda: NOON + timedelta(seconds=time.seconds)
    mixpanel.lexicon.is_limited = names <= 4000
    lexicon = lexicon_of(mixpanel.url, time)
    for number in range(batches):
        lexicon.entries()
        assert refused(lexicon.send([entry(f"e{number}", names - 1)])) == {}
    assert {call.status for call in mixpanel.calls} == {200}
    assert time.seconds >= 61 * (max(2 * batches / 5, batches * names / 4000) - 1)


def test_calls_of_one_client_share_its_pace(mixpanel: StandInMixpanel, time: Time) -> None:
    client = Lexicon(ACCOUNT, Region.US, mixpanel.url, time.sleep, Pace(time))
    for _ in range(6):
        client.within(Deadline()).entries()
    assert time.waits == [61.0]
    client.close()


def test_a_wait_beyond_the_deadline_is_an_error_that_says_what_to_do(mixpanel: StandInMixpanel, time: Time) -> None:
    lexicon = lexicon_of(mixpanel.url, time, Deadline.after(30.0))
    for name in ("a", "b"):
        lexicon.send([entry(name, 1999)])
    with pytest.raises(RateLimitError, match=r"61 s.*next push sends the remaining entries"):
        lexicon.send([entry("c")])
    assert time.waits == []


# What is refused


def test_a_request_that_is_too_large_is_sent_in_halves(mixpanel: StandInMixpanel) -> None:
    mixpanel.behaviour = Behaviour(body_bytes=600)
    assert refused(lexicon_of(mixpanel.url).send(numbered(30))) == {}
    assert list(mixpanel.lexicon.events) == [one.name for one in numbered(30)]
    assert {call.status for call in mixpanel.calls} == {200, 413}


def test_an_entry_that_is_too_large_by_itself_is_refused(mixpanel: StandInMixpanel) -> None:
    mixpanel.behaviour = Behaviour(body_bytes=600)
    outcomes = lexicon_of(mixpanel.url).send([*numbered(3), entry("large", 50)])
    assert refused(outcomes) == {"large": "Mixpanel answered 413: request exceeds max limit of 600 bytes"}
    assert list(mixpanel.lexicon.events) == ["e0", "e1", "e2"]


def test_an_entry_that_mixpanel_refuses_keeps_no_other_from_being_stored(mixpanel: StandInMixpanel) -> None:
    wrong = Entry("wrong", {"properties": {"p": {"type": "date"}}})
    outcomes = lexicon_of(mixpanel.url).send([*numbered(4), wrong, entry("last")])
    (message,) = refused(outcomes).values()
    assert message.startswith("Mixpanel answered 400: wrong: type must be one of")
    assert list(mixpanel.lexicon.events) == ["e0", "e1", "e2", "e3", "last"]


def test_a_project_that_refuses_everything_is_an_error(mixpanel: StandInMixpanel) -> None:
    mixpanel.lexicon_faults.permanent = faults.Status(400, '{"status": "error", "error": "no such project"}')
    with pytest.raises(QueryError, match=r"refused 6 entries in a row.*no such project.*MIXPANEL_PROJECT_ID"):
        lexicon_of(mixpanel.url).send(numbered(64))


def test_the_refusals_of_one_call_do_not_count_in_the_next(mixpanel: StandInMixpanel, time: Time) -> None:
    mixpanel.lexicon_faults.permanent = faults.Status(400, '{"status": "error", "error": "no"}')
    client = Lexicon(ACCOUNT, Region.US, mixpanel.url, time.sleep, Pace(time))
    for _ in range(2):
        assert len(refused(client.within(Deadline()).send(numbered(5)))) == 5
    client.close()


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
def test_a_request_is_sent_again_after_a_fault_that_may_pass(
    mixpanel: StandInMixpanel, time: Time, fault: faults.Fault
) -> None:
    """Entries whose answer was lost were stored."""
    lexicon = lexicon_of(mixpanel.url, time)
    mixpanel.lexicon_faults.extend([fault, fault])
    assert refused(lexicon.send(numbered(3))) == {}
    mixpanel.lexicon_faults.append(fault)
    assert lexicon.entries() == numbered(3)


def test_the_retry_after_of_the_lexicon_is_obeyed(mixpanel: StandInMixpanel, time: Time) -> None:
    mixpanel.lexicon_faults.append(faults.Status(429, retry_after="17"))
    lexicon_of(mixpanel.url, time).send(numbered(1))
    assert time.waits == [17.0]


def test_a_retry_after_beyond_the_deadline_ends_the_attempts(mixpanel: StandInMixpanel, time: Time) -> None:
    mixpanel.lexicon_faults.permanent = faults.Status(429, retry_after="3600")
    with pytest.raises(RateLimitError, match="next push"):
        lexicon_of(mixpanel.url, time).send(numbered(1))
    assert (len(mixpanel.calls), time.waits) == (1, [])


def test_a_request_that_keeps_failing_is_sent_five_times(mixpanel: StandInMixpanel) -> None:
    mixpanel.lexicon_faults.permanent = faults.Status(503)
    with pytest.raises(UnavailableError, match="503"):
        lexicon_of(mixpanel.url).send(numbered(1))
    assert len(mixpanel.calls) == 5


def test_after_the_deadline_nothing_is_sent(mixpanel: StandInMixpanel) -> None:
    with pytest.raises(DeadlineError):
        lexicon_of(mixpanel.url, deadline=Deadline.after(0.0)).send(numbered(1))
    assert mixpanel.calls == []


REFUSALS = [
    ("401 Unauthorized", b'{"error": "Invalid credentials"}', AuthenticationError, "MIXPANEL_PROJECT_ID"),
    ("403 Forbidden", b'{"error": "Forbidden"}', AuthenticationError, "Admin or Owner"),
    ("402 Payment Required", b"", PlanError, "plan"),
    ("404 Not Found", b"", QueryError, "MIXPANEL_BASE_URL"),
    ("302 Found", b"", QueryError, "MIXPANEL_BASE_URL"),
    ("200 OK", b"<html>Welcome</html>", QueryError, "MIXPANEL_BASE_URL"),
    ("200 OK", b"", QueryError, "MIXPANEL_BASE_URL"),
    ("200 OK", b"[]", QueryError, "MIXPANEL_BASE_URL"),
]


@pytest.mark.parametrize(("status", "body", "error", "says"), REFUSALS)
@pytest.mark.parametrize("is_reading", [True, False], ids=["reading", "sending"])
def test_an_answer_that_a_repeat_cannot_help_is_an_error_at_once(
    wire: Wire, time: Time, status: str, body: bytes, error: type[MixpanelDataError], says: str, is_reading: bool
) -> None:
    wire.answer(status, body=body)
    lexicon = lexicon_of(wire.url, time)
    with pytest.raises(error, match=says):
        lexicon.entries() if is_reading else lexicon.send(numbered(2))
    assert time.waits == []


def test_no_secret_is_in_a_message_an_outcome_or_a_log(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    wire.answer("500 Oh", body=json.dumps({"error": ACCESS.secret}).encode())
    wire.answer("404 No", body=json.dumps({"error": ACCESS.secret}).encode())
    wire.answer("400 Bad", body=json.dumps({"error": "x" * 296 + ACCESS.secret}).encode())
    lexicon = lexicon_of(wire.url)
    with pytest.raises(QueryError) as caught:
        lexicon.entries()
    (outcome,) = lexicon.send(numbered(1))
    shown = f"{caught.value}{outcome}{caplog.text}{lexicon!r}"
    assert outcome.message.endswith("x***")
    assert ACCESS.secret[:6] not in shown
