"""What Slack is told says at once what matters, keeps Slack's limits, and lets no event speak for itself."""

import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detect.hostile import HOSTILE, TEXTS
from mixpanel_data.configuration.events import Event
from mixpanel_data.detect.evidence import Evidence, Rising, Sample
from mixpanel_data.detect.incident import Direction, Incident, Observation, Rule, State
from mixpanel_data.detect.message import (
    MOST_IN_FULL,
    Body,
    Place,
    Told,
    Writer,
    console_url,
    duckdb_literal,
    duration,
    sparklines,
    texts,
)
from mixpanel_data.detect.redaction import MARK, Redactor

START = datetime(2026, 3, 10, 3, 12, tzinfo=UTC)
NOW = START + timedelta(minutes=10)
_PEAK = Observation(START, START + timedelta(minutes=3), 412, 38.2, 0.98)
RISE = Incident(
    incident_id="3fa9c1d27be04e553fa9c1d27be04e55",
    event_name="Purchase",
    direction=Direction.HIGH,
    rules=(Rule.THRESHOLD, Rule.BASELINE),
    state=State.OPEN,
    opened_at=NOW,
    first=_PEAK,
    peak=_PEAK,
    abnormal_until=START + timedelta(minutes=3),
    resolved_at=None,
    threshold=100.0,
    channel="#alerts",
    is_muted=False,
)
SILENCE = replace(
    RISE,
    event_name="Signup",
    direction=Direction.LOW,
    rules=(Rule.SILENCE,),
    threshold=None,
    peak=Observation(START, START + timedelta(minutes=30), 0, 212.4, 0.9),
)
OVER = replace(RISE, state=State.RESOLVED, abnormal_until=START + timedelta(minutes=23), resolved_at=NOW)
EVIDENCE = Evidence(
    rising=(Rising("app_version", "3.2.1", 0.04, 0.91, 375), Rising("$os", "iOS", 0.4, 0.7, 288)),
    samples=tuple(
        Sample(START + timedelta(seconds=second), "ann", {"$email": "ann@example.com", "total": 12.5, "$os": "iOS"})
        for second in (170, 168, 167)
    ),
    samples_are_from_before=False,
    hour=(*[12] * 56, 12, 130, 142, 140),
    hour_before=(12,) * 60,
    hour_end=START + timedelta(minutes=3),
)
ENTRY = Event(name="Purchase", owner="U024BE7LH", runbook_url="https://wiki.example/x?a=1&b=2", time_window_minutes=1)
PLACE = Place("my-project", "mixpanel_data", "mixpanel_events")
WRITER = Writer(PLACE, Redactor())
ON_DUCKDB = replace(WRITER, place=Place(None, "mixpanel_data", "mixpanel_events"))


def shown(body: Body) -> str:
    return "\n".join(text for block in body.blocks for text in texts(block))


def header(body: Body) -> str:
    return str(body.blocks[0]["text"]["text"])


# What is said.


@pytest.mark.parametrize(
    ("incident", "line"),
    [
        (RISE, "🔺 Purchase: 412 events in 3 min, 38 expected (×10.8) since 03:12 UTC"),
        (SILENCE, "🔇 Signup: no events in 30 min, 212 expected (−100%) since 03:12 UTC"),
        (
            replace(SILENCE, peak=Observation(START, START + timedelta(hours=2), 1, 12.5, 0.9)),
            "🔻 Signup: 1 event in 2 h, 12 expected (−92%) since 03:12 UTC",
        ),
        (
            replace(RISE, rules=(Rule.THRESHOLD,)),
            "🔺 Purchase: 412 events in 3 min, more than the 100 allowed since 03:12 UTC",
        ),
        (
            replace(RISE, peak=replace(_PEAK, count=12_345, expected=0.02)),
            "🔺 Purchase: 12,345 events in 3 min, 0.02 expected since 03:12 UTC",
        ),
        (
            replace(RISE, peak=replace(_PEAK, expected=float("nan"))),
            "🔺 Purchase: 412 events in 3 min, nothing known expected since 03:12 UTC",
        ),
        (
            replace(RISE, first=replace(_PEAK, start=START - timedelta(hours=4))),
            "🔺 Purchase: 412 events in 3 min, 38 expected (×10.8) since 9 Mar 23:12 UTC",
        ),
        (OVER, "✅ Purchase: over; 412 events in 3 min, 38 expected (×10.8) from 03:12 to 03:35 UTC"),
    ],
)
def test_the_first_line_says_it_all(incident: Incident, line: str) -> None:
    body = WRITER.alert([Told(incident)], NOW)
    assert header(body) == line
    assert body.text == line


def test_an_alert_has_what_one_needs_to_look_into_it() -> None:
    said = shown(WRITER.alert([Told(RISE, EVIDENCE, ENTRY)], NOW))
    for part in (
        "*Expected*\n38",
        "*Threshold*\n100 events in 1 min",
        "from <!date^1773112320^{date_short_pretty} {time}^2026-03-10 03:12 UTC>",
        "Owner: <@U024BE7LH> · <https://wiki.example/x?a=1&amp;b=2|Runbook>",
        "`▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▅█` the hour to",
        "`▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁` the same hour the day before, at most 12 a minute",
        "• `app_version` `3.2.1`: 4% → *91%* (375 events)",
        "```2026-03-10 03:14:50 UTC\ndistinct_id: ann\ntotal: 12.5\n$email: [redacted]\n$os: iOS```",
        "https://console.cloud.google.com/bigquery?project=my-project&amp;p=my-project",
        "FROM my-project.mixpanel_data.mixpanel_events",
        "AND event_name = 'Purchase'",
        "Seen by its threshold, its baseline · incident 3fa9c1d2",
    ):
        assert part in said, part


def test_where_there_is_no_console_there_is_no_link_to_it() -> None:
    said = shown(ON_DUCKDB.alert([Told(RISE)], NOW))
    assert "console" not in said
    assert "The events, to paste:\n```SELECT" in said
    assert (
        "FROM mixpanel_data.mixpanel_events\nWHERE event_timestamp &gt;= TIMESTAMPTZ '2026-03-10 03:12:00+00'" in said
    )


def test_a_drop_says_what_is_missing_and_what_came_last() -> None:
    body = WRITER.alert([Told(SILENCE, replace(EVIDENCE, samples_are_from_before=True))], NOW)
    assert "*What is missing*" in shown(body)
    assert "*The last events before it*" in shown(body)


def test_an_incident_that_grew_says_how_it_began() -> None:
    grown = replace(RISE, peak=replace(_PEAK, start=NOW, end=NOW + timedelta(minutes=60), count=9_000, expected=500))
    said = shown(WRITER.alert([Told(grown)], NOW))
    assert "*Most abnormal*\n9,000 events in 1 h" in said
    assert "*At first*\n412 events in 3 min, 38 expected" in said


def test_a_reminder_says_how_long_it_has_lasted_and_calls_again() -> None:
    body = WRITER.reminder(Told(RISE, None, ENTRY), START + timedelta(hours=2, minutes=5))
    assert header(body).startswith("⏰ Still, after 2 h 5 min: 🔺 Purchase: 412 events")
    assert "<@U024BE7LH>" in shown(body)


def test_a_resolution_says_duration_and_peak_and_calls_nobody() -> None:
    body = WRITER.resolution(OVER)
    assert body.text == "✅ Purchase: back to normal after 23 min, peak 412 events in 3 min"
    assert "back to normal after *23 min*" in shown(body)
    assert "*412 events in 3 min*, 38 expected (×10.8)" in shown(body)
    assert "<@" not in shown(WRITER.alert([Told(OVER, None, ENTRY)], NOW))


def test_several_incidents_of_a_channel_are_one_message_the_worst_first() -> None:
    body = WRITER.alert([Told(OVER), Told(SILENCE, EVIDENCE), Told(RISE, EVIDENCE, ENTRY)], NOW)
    assert header(body) == "🔺 3 events are abnormal: 1 too often, 1 too seldom, 1 over"
    heads = re.findall(r"^\*(.) `(\w+)`:", shown(body), re.MULTILINE)
    assert heads == [("🔺", "Purchase"), ("🔇", "Signup"), ("✅", "Purchase")]
    assert shown(body).count("the same hour the day before") == 2


def test_a_storm_is_one_list_with_the_rest_counted() -> None:
    storm = [Told(replace(RISE, event_name=f"E{number:02}"), None, ENTRY) for number in range(40)]
    body = WRITER.alert(storm, NOW)
    assert header(body) == "🔺 40 events are abnormal: 40 too often"
    assert shown(body).count("events in 3 min") == 15
    assert "+25 more" in shown(body)
    assert "Owners: <@U024BE7LH>" in shown(body)
    assert body.text.endswith("E00, E01, E02, E03, E04 +35 more")


def test_when_all_are_over_nobody_is_woken() -> None:
    body = WRITER.alert([Told(replace(OVER, event_name=f"E{number}"), None, ENTRY) for number in range(9)], NOW)
    assert header(body) == "✅ 9 events were abnormal, all of them are over"
    assert "<@" not in shown(body)


def test_the_notices_say_what_is_the_case_and_what_to_do() -> None:
    late = WRITER.late(START, START + timedelta(minutes=52))
    assert header(late) == "⏳ The collector is 52 min late: drops and silences are not being judged"
    assert "`mp runs`" in shown(late)
    back = WRITER.caught_up(NOW, START, NOW)
    assert "being judged again, after 10 min" in header(back)
    lost = WRITER.undeliverable("#gone", "channel_not_found", 3)
    assert header(lost) == "⚠️ Alerts do not reach #gone: channel_not_found"
    assert "`alert_channel`" in shown(lost)
    assert "3 messages were given up" in shown(lost)


@pytest.mark.parametrize(
    ("owner", "called"),
    [
        ("U024BE7LH", "<@U024BE7LH>"),
        ("W012A3CDE", "<@W012A3CDE>"),
        ("S0614TZR7", "<!subteam^S0614TZR7>"),
        ("SUPPORTERS", "`SUPPORTERS`"),
        ("Ann <ann@example.com>", "`Ann &lt;ann@example.com&gt;`"),
        ("<!channel>", "`&lt;!channel&gt;`"),
    ],
)
def test_only_a_member_or_group_is_mentioned(owner: str, called: str) -> None:
    entry = Event(name="Purchase", owner=owner)
    assert f"Owner: {called}" in shown(WRITER.alert([Told(RISE, None, entry)], NOW))


def test_what_is_redacted_is_shown_nowhere() -> None:
    name = "Mail from ann@example.com"
    told = Told(
        replace(RISE, event_name=name),
        replace(EVIDENCE, rising=(Rising("$email", "bob", 0.0, 1.0, 4), Rising("v", "eve@example.com", 0.0, 1.0, 4))),
    )
    for body in (
        WRITER.alert([told], NOW),
        WRITER.alert([told, told], NOW),
        WRITER.alert([told] * 9, NOW),
        WRITER.reminder(told, NOW),
        WRITER.resolution(told.incident),
    ):
        assert not re.search("example|bob|eve@", json.dumps(body.plain()))
        assert f"Mail from {MARK}" in body.text
    assert "TO_HEX(SHA256(event_name)) = '" in shown(WRITER.alert([told], NOW))


def test_a_body_is_what_json_takes() -> None:
    body = WRITER.alert([Told(RISE, EVIDENCE, ENTRY)], NOW)
    assert json.loads(json.dumps(body.plain())) == body.plain()


def test_the_console_link_is_the_tables_page() -> None:
    assert console_url(Place("example.com:p", "d", "t")) == (
        "https://console.cloud.google.com/bigquery?project=example.com%3Ap&p=example.com%3Ap&d=d&t=t&page=table"
    )
    assert "FROM d.t\n" in replace(WRITER, place=Place("example.com:p", "d", "t")).query(RISE)


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(0, "0 min"), (3, "3 min"), (60, "1 h"), (125, "2 h 5 min"), (1440, "1 d"), (1625, "1 d 3 h"), (-5, "0 min")],
)
def test_a_duration_is_told_in_its_largest_units(minutes: int, told: str) -> None:
    assert duration(timedelta(minutes=minutes)) == told


def test_a_minute_without_events_is_seen_as_one() -> None:
    lines = sparklines(replace(EVIDENCE, hour=(5,) * 30 + (0,) * 30, hour_before=(5,) * 60)).splitlines()
    assert lines[0].startswith(f"`{'█' * 15}{'·' * 15}`")
    assert lines[1].startswith(f"`{'█' * 30}`")


# What events may hold.

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=6),
    max_leaves=10,
)
_COUNTS = st.lists(st.integers(0, 10**9), min_size=60, max_size=60).map(tuple)
_RISING = st.builds(Rising, TEXTS, TEXTS, st.floats(0, 1), st.floats(0, 1), st.integers(0, 10**9))
_SAMPLES = st.builds(Sample, st.just(START), st.none() | TEXTS, st.dictionaries(TEXTS, _JSON, max_size=12))
_EVIDENCE = st.builds(
    Evidence,
    st.lists(_RISING, max_size=5).map(tuple),
    st.lists(_SAMPLES, max_size=3).map(tuple),
    st.booleans(),
    _COUNTS,
    _COUNTS,
    st.just(NOW),
)
_OBSERVATIONS = st.builds(
    Observation,
    st.just(START),
    st.integers(1, 1440).map(lambda minutes: START + timedelta(minutes=minutes)),
    st.integers(0, 10**12),
    st.floats(0, 1e12) | st.just(float("nan")),
    st.floats(0, 1),
)
_INCIDENTS = st.builds(
    replace,
    st.just(RISE),
    event_name=TEXTS,
    direction=st.sampled_from(Direction),
    rules=st.lists(st.sampled_from(Rule), min_size=1, unique=True).map(tuple),
    state=st.sampled_from(State),
    first=_OBSERVATIONS,
    peak=_OBSERVATIONS,
    threshold=st.none() | st.floats(0.1, 1e9),
)
_ENTRIES = st.builds(
    Event.model_construct,
    name=st.just("x"),
    owner=st.none() | st.just("U024BE7LH") | TEXTS.filter(bool),
    runbook_url=st.sampled_from([None, "https://wiki.example/" + "&" * 1979, "https://wiki.example/a`b*c"]),
    time_window_minutes=st.just(5),
)
_TOLD = st.builds(Told, _INCIDENTS, st.none() | _EVIDENCE, st.none() | _ENTRIES)

_OURS = re.compile(
    r"<(!date\^\d+\^\{date_short_pretty\} \{time\}\^[\d :-]+ UTC|@U024BE7LH"
    r"|https://(wiki\.example|console\.cloud\.google\.com)/[^|<>\s]*\|(Runbook|Open mixpanel_events in BigQuery))>"
)


def problems(body: Body) -> list[str]:
    """What Slack would refuse, or what an event would have got through."""
    found = []
    plain = body.plain()
    json.dumps(plain, ensure_ascii=False).encode()
    blocks = plain["blocks"]
    if not 1 <= len(blocks) <= 50 or sum(_units(text) for text in texts(blocks)) > 12_000:
        found.append("too many or too long blocks")
    if not body.text or _units(body.text) > 3_000:
        found.append(f"text of {len(body.text)}")
    for text in texts(blocks):
        found += [f"empty text in {blocks}"] if not text else []
    for block in blocks:
        found += _limits(block)
    for mrkdwn in [body.text, *_mrkdwn(blocks)]:
        found += _speaking(mrkdwn)
    return found + [f"mentions: {text}" for text in texts(blocks) if re.search("@(here|channel|everyone)", text)]


def _limits(block: dict[str, Any]) -> list[str]:
    kind = block["type"]
    limits = {"header": 150, "section": 3_000, "context": 3_000}
    fields, elements = block.get("fields", []), block.get("elements", [])
    own = [block["text"]["text"]] if "text" in block else [one["text"] for one in elements]
    too_long = any(_units(text) > limits[kind] for text in own) or any(_units(one["text"]) > 2_000 for one in fields)
    is_plain = kind != "header" or block["text"]["type"] == "plain_text"
    return [f"{kind} beyond limits"] if too_long or len(fields) > 10 or len(elements) > 10 or not is_plain else []


def _mrkdwn(value: Any) -> Sequence[str]:
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            assert value["verbatim"] is True
            return [value["text"]]
        return [text for member in value.values() for text in _mrkdwn(member)]
    return [text for member in value for text in _mrkdwn(member)] if isinstance(value, list) else []


def _speaking(mrkdwn: str) -> list[str]:
    found = []
    left = _OURS.sub("", mrkdwn)
    if re.search("[<>]", left):
        found.append(f"not escaped: {left}")
    if re.search("&(?!(amp|lt|gt);)", left):
        found.append(f"a stray ampersand: {left}")
    return found


def _spans(body: Body) -> list[str]:
    """Code that does not end where it should."""
    found = []
    for text in _mrkdwn(body.plain()["blocks"]):
        without_links = _OURS.sub("", text)
        outside = re.sub(r"```[^`]+```", "", without_links)
        spans = re.sub(r"`[^`\n]+`", "", outside)
        found += [text] if "`" in spans else []
    return found


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@settings(max_examples=40)
@given(st.lists(_TOLD, min_size=1, max_size=MOST_IN_FULL + 3))
@example([Told(replace(RISE, event_name="&" * 255), None, ENTRY)] * 60)
@example([Told(replace(RISE, event_name="<!channel>`\n"), EVIDENCE, ENTRY)] * MOST_IN_FULL)
def test_no_event_breaks_a_limit_or_speaks_for_itself(told: list[Told]) -> None:
    for body in (WRITER.alert(told, NOW), ON_DUCKDB.alert(told, NOW), WRITER.reminder(told[0], NOW)):
        assert problems(body) == []
        assert _spans(body) == []
    resolved = WRITER.resolution(told[0].incident)
    assert problems(resolved) == []
    assert _spans(resolved) == []


@given(TEXTS, TEXTS)
def test_no_channels_name_speaks_for_itself(channel: str, reason: str) -> None:
    body = WRITER.undeliverable(channel, reason, 1)
    assert problems(body) == []
    assert _spans(body) == []


def test_the_largest_evidence_loses_its_tail_and_says_so() -> None:
    big = replace(
        EVIDENCE,
        rising=(Rising("p" * 100, "<" * 1000, 0.0, 1.0, 9),) * 5,
        samples=(Sample(START, "&" * 300, {f"p{number}": "<" * 500 for number in range(100)}),) * 3,
    )
    body = WRITER.alert([Told(replace(RISE, event_name=f"E{n}" + "&" * 200), big, ENTRY) for n in range(5)], NOW)
    assert problems(body) == []
    assert re.search(r"\+\d more", shown(body))
    assert all(f"`E{number}&amp;" in shown(body) for number in range(5))


# The query.


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        yield made


@settings(max_examples=30)
@given(TEXTS.filter(lambda text: "\ud800" not in text))
@example("".join(HOSTILE[:21]).replace("\ud800", ""))
def test_a_literal_of_duckdb_is_exactly_the_text(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    literal = duckdb_literal(text)
    assert not set("`@\n") & set(literal)
    if "\x00" not in text:
        assert connection.execute(f"SELECT {literal}").fetchall() == [(text,)]


@given(TEXTS)
def test_what_is_copied_from_the_message_is_the_query(name: str) -> None:
    incident = replace(RISE, event_name=name)
    for writer in (WRITER, ON_DUCKDB):
        (block,) = re.findall(r"```(SELECT.*?)```", shown(writer.alert([Told(incident)], NOW)), re.DOTALL)
        assert html.unescape(block) == writer.query(incident)


@pytest.mark.parametrize("name", ["Purchase", "It's <b>`x`</b>\n", "ann@example.com", "x" * 5000])
def test_the_query_runs_on_duckdb_and_finds_the_events(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    connection.execute(
        "CREATE OR REPLACE TABLE t (event_timestamp TIMESTAMPTZ, distinct_id VARCHAR, properties JSON,"
        " event_name VARCHAR)"
    )
    rows = [[START, who, "{}", one] for who, one in (("ann", name), ("bob", "other"))]
    connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    query = ON_DUCKDB.query(replace(RISE, event_name=name)).replace("mixpanel_data.mixpanel_events", "t")
    assert [row[1] for row in connection.execute(query).fetchall()] == ["ann"]
