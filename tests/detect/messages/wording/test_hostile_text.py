"""No event keeps a message from being accepted, or speaks for itself in it, whatever its name and values hold."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from detect.hostile import TEXTS
from detect.messages.wording.cast import (
    BREADTH,
    DAY_BELOW,
    ENTRY,
    EVIDENCE,
    IN_BERLIN,
    NOW,
    QUERY,
    READ_UNTIL,
    RISE,
    START,
    WITH_CONSOLE,
    WITHOUT_CONSOLE,
    shown,
)
from mixpanel_data.configuration.events import Event
from mixpanel_data.detect.findings.evidence import Evidence, Sample
from mixpanel_data.detect.findings.recent import Latest
from mixpanel_data.detect.findings.value_shares import ValueShare
from mixpanel_data.detect.findings.whole import NameInWhole
from mixpanel_data.detect.incidents.incident import Direction, Observation, Rule, State
from mixpanel_data.detect.messages.wording.alert import MOST_IN_FULL
from mixpanel_data.detect.messages.wording.notices import channel_unreachable
from mixpanel_data.detect.messages.wording.reported_incident import ReportedIncident
from mixpanel_data.outbox.blocks import Body, texts

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=6),
    max_leaves=10,
)
_COUNTS = st.lists(st.integers(0, 10**9), min_size=60, max_size=60).map(tuple)
_SHARES = st.builds(ValueShare, TEXTS, TEXTS, st.floats(0, 1), st.floats(0, 1), st.integers(0, 10**9))
_SAMPLES = st.builds(Sample, st.just(START), st.none() | TEXTS, st.dictionaries(TEXTS, _JSON, max_size=12))
_EVIDENCE = st.builds(
    Evidence,
    st.lists(_SHARES, max_size=5).map(tuple),
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
_LATEST = st.builds(
    Latest, st.just(START), st.just(READ_UNTIL), st.integers(0, 10**9), st.floats(0, 1e9) | st.just(float("nan"))
)
_NAMES = st.builds(NameInWhole, TEXTS, st.integers(0, 10**9), st.floats(0, 1e9))
_WHOLE = st.builds(replace, st.just(BREADTH), most=st.lists(_NAMES, max_size=10).map(tuple), hour=_COUNTS)
_REPORTED = st.builds(
    ReportedIncident,
    _INCIDENTS,
    st.none() | _EVIDENCE,
    st.none() | _ENTRIES,
    st.sampled_from([None, QUERY]),
    st.none() | _LATEST,
    st.sampled_from([None, START, READ_UNTIL]),
) | st.builds(ReportedIncident, st.just(DAY_BELOW), latest=_LATEST, read_until=st.just(NOW), whole=st.none() | _WHOLE)

_OURS = re.compile(
    r"<(@U024BE7LH|!date\^\d+\^\{date_short_pretty\} \{time\}\^[-:\d ]+ UTC|https://(wiki\.example|console\.cloud\.google\.com|mixpanel\.example)/[^|<>\s]*"
    r"\|(Runbook|Open the events table|Open the event in Mixpanel))>"
)


def problems(body: Body) -> list[str]:
    """Everything that Slack would refuse, or that an event would have got through."""
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
        found += _beyond_limits(block)
    for mrkdwn in [body.text, *_mrkdwn(blocks)]:
        found += _unescaped(mrkdwn)
    return found + [f"mentions: {text}" for text in texts(blocks) if re.search("@(here|channel|everyone)", text)]


def _beyond_limits(block: dict[str, Any]) -> list[str]:
    kind = block["type"]
    limits = {"header": 150, "section": 3_000, "context": 3_000}
    fields, elements = block.get("fields", []), block.get("elements", [])
    own = [block["text"]["text"]] if "text" in block else [element["text"] for element in elements]
    is_too_long = any(_units(text) > limits[kind] for text in own)
    is_too_long = is_too_long or any(_units(field["text"]) > 2_000 for field in fields)
    is_plain = kind != "header" or block["text"]["type"] == "plain_text"
    return [f"{kind} beyond limits"] if is_too_long or len(fields) > 10 or len(elements) > 10 or not is_plain else []


def _mrkdwn(value: Any) -> Sequence[str]:
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            assert value["verbatim"] is True
            return [value["text"]]
        return [text for member in value.values() for text in _mrkdwn(member)]
    return [text for member in value for text in _mrkdwn(member)] if isinstance(value, list) else []


def _unescaped(mrkdwn: str) -> list[str]:
    found = []
    left = _OURS.sub("", mrkdwn)
    if re.search("[<>]", left):
        found.append(f"not escaped: {left}")
    if re.search("&(?!(amp|lt|gt);)", left):
        found.append(f"a stray ampersand: {left}")
    return found


def broken_code(body: Body) -> list[str]:
    """Texts with code that does not end where it should."""
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
@given(st.lists(_REPORTED, min_size=1, max_size=MOST_IN_FULL + 3))
@example([ReportedIncident(replace(RISE, event_name="&" * 255), None, ENTRY)] * 60)
@example([ReportedIncident(replace(RISE, event_name="<!channel>`\n"), EVIDENCE, ENTRY)] * MOST_IN_FULL)
def test_no_event_breaks_a_limit_of_slack_or_speaks_for_itself(reported: list[ReportedIncident]) -> None:
    for body in (
        WITH_CONSOLE.alert(reported, NOW),
        WITHOUT_CONSOLE.alert(reported, NOW),
        WITH_CONSOLE.reminder(reported[0], NOW),
        IN_BERLIN.alert(reported[:1], NOW),
        IN_BERLIN.resolution(reported[0], NOW),
    ):
        assert problems(body) == []
        assert broken_code(body) == []


@given(TEXTS, TEXTS)
def test_no_channel_s_name_speaks_for_itself(channel: str, reason: str) -> None:
    body = channel_unreachable(channel, reason, 1)
    assert problems(body) == []
    assert broken_code(body) == []


def test_a_message_with_too_much_evidence_loses_its_last_details_and_counts_them() -> None:
    big = replace(
        EVIDENCE,
        value_shares=(ValueShare("p" * 100, "<" * 1000, 0.0, 1.0, 9),) * 5,
        samples=(Sample(START, "&" * 300, {f"p{number}": "<" * 500 for number in range(100)}),) * 3,
    )
    reported = [ReportedIncident(replace(RISE, event_name=f"E{n}" + "&" * 200), big, ENTRY) for n in range(5)]
    body = WITH_CONSOLE.alert(reported, NOW)
    assert problems(body) == []
    assert re.search(r"\+\d more", shown(body))
    assert all(f"`E{number}&amp;" in shown(body) for number in range(5))
