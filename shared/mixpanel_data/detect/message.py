"""What Slack is told, as Block Kit: pure, from incidents and their evidence to `text` and `blocks`.

Text that comes from events is redacted, cleaned of what does not print, cut and escaped, in this order, and stands in
plain_text or in code: it can mention nobody, link nothing and break out of nothing. Mentions come from the
configuration alone. The first line says it all, because a telephone shows no more.
"""

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from mixpanel_data.configuration.events import Event
from mixpanel_data.detect.evidence import Evidence, Rising, Sample
from mixpanel_data.detect.incident import Direction, Incident, Observation, Rule, State
from mixpanel_data.detect.redaction import Redactor

MOST_IN_FULL = 5
"""Incidents that one message tells one by one, with what was found about each; of more it lists the worst."""

# Slack's limits, less some room. That of all blocks together is not documented; about 13,000 was measured.
_MOST_BLOCKS = 50
_HEADER_SIZE = 150
_SECTION_SIZE = 2_900
_TEXT_SIZE = 3_000
_ALL_SIZE = 11_500

# How much is shown of one thing, in characters before they are escaped; and of links, in characters as sent.
_NAME = 80
_SHORT_NAME = 40
_VALUE = 80
_LINK_SIZE = 1_000
_LITERAL_SIZE = 500
_SAMPLE_SIZE = 900
_RISING_SIZE = 1_500
_MOST_LISTED = 15
_MOST_MENTIONED = 10

_MINUTE = timedelta(minutes=1)
_Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Body:
    """A message as Slack's Web API and webhooks take it; `text` is what a notification shows."""

    text: str
    blocks: tuple[Mapping[str, Any], ...]

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"text": self.text, "blocks": [dict(block) for block in self.blocks]}


@dataclass(frozen=True, slots=True)
class Place:
    """Where the events are; `project` is None on the embedded engine, which has no console."""

    project: str | None
    dataset: str
    table: str


@dataclass(frozen=True, slots=True)
class Told:
    """An incident as it is now, what was found about it, and the entry of its event in the configuration."""

    incident: Incident
    evidence: Evidence | None = None
    entry: Event | None = None


@dataclass(frozen=True, slots=True)
class _Detail:
    """A block that is left out first, where there is no room for all."""

    block: _Block


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes messages about the events of a place, showing of them what the redactor lets through."""

    place: Place
    redactor: Redactor

    def alert(self, told: Sequence[Told], now: datetime) -> Body:
        """About incidents of one channel, at least one, as they are now.

        The same for a first message, for what was over before it was told, and for the update in place.
        """
        ranked = sorted(told, key=_rank)
        if len(ranked) == 1:
            return self._one(ranked[0], now, self._headline(ranked[0].incident, now))
        return self._several(ranked, now) if len(ranked) <= MOST_IN_FULL else self._storm(ranked, now)

    def reminder(self, told: Told, now: datetime) -> Body:
        """That an incident still lasts; it calls its owner again."""
        lasting = duration(now - told.incident.first.start)
        return self._one(told, now, f"⏰ Still, after {lasting}: {self._headline(told.incident, now)}")

    def resolution(self, incident: Incident) -> Body:
        """That an incident is over, with duration and peak: for its thread, or one further message. It calls nobody."""
        name, lasted = self._shown(incident.event_name), duration(incident.lasted)
        said = (
            f"✅ {_code(name)} is back to normal after *{lasted}*, "
            f"from {_moment(incident.first.start)} to {_moment(incident.abnormal_until)}.\n"
            f"At its peak there were *{_counted(incident.peak)}*, {_escaped(_against(incident))}."
        )
        return _body(f"✅ {name}: back to normal after {lasted}, peak {_counted(incident.peak)}", [_section(said)])

    def late(self, read_until: datetime, now: datetime) -> Body:
        """That the collector has read no further than `read_until`, so that drops and silences are not being judged."""
        head = f"⏳ The collector is {duration(now - read_until)} late: drops and silences are not being judged"
        said = (
            f"Nothing that happened after {_moment(read_until)} has been read from Mixpanel, so what is missing "
            "may just not have come yet. Rises are told as they arrive.\n"
            "`mp runs` shows what the collector did last. There will be a message when it has caught up."
        )
        return _body(head, [_header(head), _section(said)])

    def caught_up(self, read_until: datetime, late_since: datetime, now: datetime) -> Body:
        """That drops and silences are being judged again, those of the time in between included."""
        lasted = duration(now - late_since)
        head = f"✅ The collector has caught up: drops and silences are being judged again, after {lasted}"
        said = f"It has read up to {_moment(read_until)}. What happened in the meantime is being judged with it."
        return _body(head, [_header(head), _section(said)])

    def undeliverable(self, channel: str, reason: str, given_up: int) -> Body:
        """That a channel cannot be told, with Slack's reason, what heals it, and how many messages were given up."""
        named, why = _clean(channel, _NAME), _clean(reason, _NAME)
        advice = _ADVICE.get(reason, "The detector's log has Slack's whole answer.")
        lost = "One message was given up." if given_up == 1 else f"{given_up:,} messages were given up."
        head = f"⚠️ Alerts do not reach {named}: {why}"
        said = f"Slack refuses messages to {_code(named)} with {_code(why)}. {advice}\n{lost}"
        return _body(head, [_header(head), _section(said)])

    def query(self, incident: Incident) -> str:
        """The incident's newest events, in the place's dialect; a name that may not be shown stands as its hash."""
        is_google = self.place.project is not None
        kind = "TIMESTAMP" if is_google else "TIMESTAMPTZ"
        start, end = (
            f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}+00" for at in (incident.first.start, incident.abnormal_until)
        )
        return (
            "SELECT event_timestamp, distinct_id, properties\n"
            f"FROM {_table(self.place)}\n"
            f"WHERE event_timestamp >= {kind} '{start}'\n"
            f"  AND event_timestamp < {kind} '{end}'\n"
            f"  AND {self._condition(incident.event_name, is_google=is_google)}\n"
            "ORDER BY event_timestamp DESC\n"
            "LIMIT 100"
        )

    def _condition(self, name: str, *, is_google: bool) -> str:
        literal = google_literal(name) if is_google else duckdb_literal(name)
        # Half a pair of UTF-16 is no text to any engine.
        is_text = name.encode(errors="replace").decode() == name
        if is_text and self.redactor.text(name) == name and len(literal) <= _LITERAL_SIZE:
            return f"event_name = {literal}"
        hashed = "TO_HEX(SHA256(event_name))" if is_google else "sha256(event_name)"
        return f"{hashed} = '{hashlib.sha256(name.encode(errors='replace')).hexdigest()}'"

    def _one(self, told: Told, now: datetime, headline: str) -> Body:
        incident = told.incident
        query = f"{self._link('the events, to paste:')}\n{_pre(_escaped(self.query(incident)))}"
        last = f"{_rules(incident)} · incident {incident.incident_id[:8]} · as of {_moment(now)}"
        found = self._found(told, rising_size=_SECTION_SIZE)
        return _body(
            headline,
            [
                _header(headline),
                _fields(_facts(told)),
                *_calls(told.entry, is_over=incident.state is State.RESOLVED),
                *found,
                *self._samples(told.evidence),
                _section(query),
                _context(last),
            ],
        )

    def _several(self, ranked: Sequence[Told], now: datetime) -> Body:
        headline = _summary(ranked)
        blocks: list[_Block | _Detail] = [_header(headline)]
        for told in ranked:
            blocks += [
                {"type": "divider"},
                _section(f"*{self._line(told.incident, now)}*"),
                *_calls(told.entry, is_over=told.incident.state is State.RESOLVED),
                *self._found(told, rising_size=_RISING_SIZE),
            ]
        return _body(f"{headline}: {self._names(ranked)}", [*blocks, _context(self._link(f"as of {_moment(now)}"))])

    def _storm(self, ranked: Sequence[Told], now: datetime) -> Body:
        headline = _summary(ranked)
        lines = [f"• {self._line(told.incident, now)}" for told in ranked[:_MOST_LISTED]]
        name = _code(self._shown(ranked[0].incident.event_name))
        worst = f". What was found about {name}:" if ranked[0].evidence else "."
        open_entries = [told.entry for told in ranked if told.incident.state is State.OPEN]
        owners = list(dict.fromkeys(owner for entry in open_entries if (owner := _mention(entry))))
        blocks: list[_Block | _Detail] = [
            _header(headline),
            _section(_fitting(lines, _SECTION_SIZE, unseen=len(ranked) - len(lines))),
            *([_section(f"Owners: {_first(owners, _MOST_MENTIONED)}")] if owners else []),
            _section(
                "So many at once mostly have one cause: a release, the tracking itself, or something that all of them "
                f"pass through{worst}"
            ),
            *self._found(ranked[0], rising_size=_SECTION_SIZE),
            _context(self._link(f"as of {_moment(now)}")),
        ]
        return _body(f"{headline}: {self._names(ranked)}", blocks)

    def _headline(self, incident: Incident, now: datetime) -> str:
        """`🔺 Purchase: 412 events in 3 min, 38 expected (×10.8) since 03:12 UTC`, as plain text."""
        return f"{_mark(incident)} {self._shown(incident.event_name)}: {_said(incident, now)}"

    def _line(self, incident: Incident, now: datetime) -> str:
        """The headline as mrkdwn."""
        return f"{_mark(incident)} {_code(self._shown(incident.event_name))}: {_escaped(_said(incident, now))}"

    def _names(self, ranked: Sequence[Told]) -> str:
        names = dict.fromkeys(self._shown(told.incident.event_name, _SHORT_NAME) for told in ranked)
        return _first(list(names), MOST_IN_FULL)

    def _found(self, told: Told, *, rising_size: int) -> list[_Detail]:
        evidence = told.evidence
        if evidence is None:
            return []
        details = [_Detail(_section(sparklines(evidence)))]
        if evidence.rising:
            is_rise = told.incident.direction is Direction.HIGH
            head = (
                f"*{'What rose' if is_rise else 'What is missing'}*, as a share of the events, against the 24 h before"
            )
            lines = [f"• {self._share(one)}" for one in evidence.rising]
            details.append(_Detail(_section(f"{head}\n{_fitting(lines, rising_size)}")))
        return details

    def _share(self, one: Rising) -> str:
        name = _clean(self.redactor.text(one.property), _NAME)
        value = _clean(str(self.redactor.value(one.property, one.value)), _VALUE)
        shares = f"{_percent(one.share_before)} → *{_percent(one.share)}*"
        return f"{_code(name)} {_code(value)}: {_escaped(shares)} ({_events(one.events)})"

    def _samples(self, evidence: Evidence | None) -> list[_Detail]:
        if evidence is None or not evidence.samples:
            return []
        what = "The last events before it" if evidence.samples_are_from_before else "The newest of these events"
        first, *others = [_pre(self._sample(sample)) for sample in evidence.samples]
        return [_Detail(_section(f"*{what}*\n{first}")), *(_Detail(_section(other)) for other in others)]

    def _sample(self, sample: Sample) -> str:
        """One event, escaped: when, who, and a property a line, Mixpanel's own last."""
        shown = self.redactor.properties(sample.properties)
        shown.pop("distinct_id", None)
        members = {"distinct_id": self.redactor.value("distinct_id", sample.distinct_id)}
        members |= {name: shown[name] for name in sorted(shown, key=_is_mixpanels)}
        lines = [f"{_clean(name, _NAME)}: {_clean(_json(value), _VALUE)}" for name, value in members.items()]
        at = f"{sample.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        return f"{at}\n{_fitting([_escaped(line) for line in lines], _SAMPLE_SIZE)}"

    def _link(self, then: str) -> str:
        """A link to the table, where there is a console, and what follows it."""
        if self.place.project is None:
            return then[0].upper() + then[1:]
        return f"<{_escaped(console_url(self.place))}|Open {_escaped(self.place.table)} in BigQuery> · {then}"

    def _shown(self, text: str, most: int = _NAME) -> str:
        return _clean(self.redactor.text(text), most)


_ADVICE = {
    "channel_not_found": "There is no such channel, or it is private and the app is not in it: put the name in "
    "`alert_channel` right, or invite the app there.",
    "not_in_channel": "The app is not in it: invite it there (`/invite`), or name another `alert_channel`.",
    "is_archived": "It is archived: unarchive it, or name another `alert_channel`.",
}


# What is said of an incident.


def _rank(told: Told) -> tuple[bool, float, float, str]:
    """What lasts before what is over, then the most abnormal, then what is furthest from what was expected."""
    incident = told.incident
    peak = incident.peak
    return incident.state is State.RESOLVED, -peak.score, -abs(peak.count - peak.expected), incident.event_name


def _mark(incident: Incident) -> str:
    if incident.state is State.RESOLVED:
        return "✅"
    if incident.direction is Direction.HIGH:
        return "🔺"
    return "🔇" if incident.peak.count == 0 else "🔻"


def _said(incident: Incident, now: datetime) -> str:
    said = f"{_counted(incident.peak)}, {_against(incident)}"
    start = incident.first.start
    if incident.state is State.OPEN:
        return f"{said} since {_clock(start, now)} UTC"
    end = incident.abnormal_until
    return f"over; {said} from {_clock(start, now)} to {_clock(end, now if end.date() != start.date() else end)} UTC"


def _summary(ranked: Sequence[Told]) -> str:
    lasting = [told.incident for told in ranked if told.incident.state is State.OPEN]
    over = len(ranked) - len(lasting)
    if not lasting:
        return f"✅ {over} events were abnormal, all of them are over"
    high = sum(incident.direction is Direction.HIGH for incident in lasting)
    counts = [(high, "too often"), (len(lasting) - high, "too seldom"), (over, "over")]
    told = ", ".join(f"{count} {what}" for count, what in counts if count)
    return f"{'🔺' if 2 * high >= len(lasting) else '🔻'} {len(ranked)} events are abnormal: {told}"


def _facts(told: Told) -> list[tuple[str, str]]:
    incident = told.incident
    first, peak = incident.first, incident.peak
    lasted = f"{'for' if incident.state is State.OPEN else 'lasted'} {duration(incident.lasted)}"
    facts = [
        ("Counted" if first == peak else "Most abnormal", f"{_counted(peak)}\nfrom {_moment(peak.start)}"),
        ("Expected", _expected(peak)),
        ("Since", f"{_moment(first.start)}\n{lasted}"),
    ]
    if first != peak:
        facts.append(("At first", f"{_counted(first)}, {_expected(first)} expected"))
    if incident.threshold is not None:
        window = f" in {told.entry.time_window_minutes} min" if told.entry else ""
        facts.append(("Threshold", f"{_events(incident.threshold)}{window}"))
    if incident.state is State.RESOLVED:
        facts.append(("Quiet since", _moment(incident.abnormal_until)))
    return facts


def _rules(incident: Incident) -> str:
    return "Seen by " + ", ".join(_RULES[rule] for rule in incident.rules)


_RULES = {Rule.THRESHOLD: "its threshold", Rule.BASELINE: "its baseline", Rule.SILENCE: "its silence"}


def _counted(seen: Observation) -> str:
    counted = _events(seen.count) if seen.count else "no events"
    return f"{counted} in {duration(seen.end - seen.start)}"


def _events(count: float) -> str:
    return f"{_number(count)} event{'' if count == 1 else 's'}"


def _against(incident: Incident) -> str:
    """What was expected and by how much it was missed; of a threshold alone, that it was passed."""
    peak = incident.peak
    if incident.threshold is not None and Rule.BASELINE not in incident.rules:
        return f"more than the {_number(incident.threshold)} allowed"
    expected = f"{_expected(peak)} expected"
    # Of next to nothing everything is a large multiple.
    if not math.isfinite(peak.expected) or peak.expected < 1.0:
        return expected
    if incident.direction is Direction.HIGH:
        return f"{expected} (×{_number(peak.count / peak.expected)})"
    return f"{expected} (−{_percent(max(0.0, 1.0 - peak.count / peak.expected))})"


def _expected(seen: Observation) -> str:
    if not math.isfinite(seen.expected):
        return "nothing known"
    return _number(round(seen.expected) if seen.expected >= 10 else seen.expected)


def _number(value: float) -> str:
    """With as many places as matter: 1,234, 38, 10.8, 0.05."""
    if value == round(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}".removesuffix(".0") if abs(value) >= 1 else f"{value:.2g}"


def _percent(share: float) -> str:
    """A share of something is never called 0%, one of not all never 100%."""
    if 0.0 < share < 0.01:
        return "<1%"
    return ">99%" if 0.995 <= share < 1.0 else f"{share:.0%}"


def duration(span: timedelta) -> str:
    """`3 min`, `2 h 5 min`, `1 d 3 h`: the two largest units, whole minutes."""
    minutes = max(0, round(span / _MINUTE))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    units = [(days, "d"), (hours, "h"), (minutes if not days else 0, "min")]
    return " ".join(f"{number} {unit}" for number, unit in units if number) or "0 min"


def _clock(at: datetime, now: datetime) -> str:
    """The time of day, UTC, with the date if it is not today's."""
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at.day} {at:%b %H:%M}"


def _moment(at: datetime) -> str:
    """In the reader's own zone; where Slack cannot, in UTC."""
    fallback = f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}^{fallback}>"


_BARS = "▁▂▃▄▅▆▇█"
_BARS_A_LINE = 30


def sparklines(evidence: Evidence) -> str:
    """The last hour above the same hour of the day before, on one scale, as mrkdwn; a dot where there was nothing."""
    # Twice two minutes a bar: sixty bars would break over two lines on a telephone.
    now, before = _bars(evidence.hour), _bars(evidence.hour_before)
    top = max([*now, *before, 1])
    return (
        f"`{_sparkline(now, top)}` the hour to {_moment(evidence.hour_end)}, "
        f"at most {max(evidence.hour, default=0):,} a minute\n"
        f"`{_sparkline(before, top)}` the same hour the day before, "
        f"at most {max(evidence.hour_before, default=0):,} a minute"
    )


def _bars(counts: Sequence[int]) -> list[int]:
    width = max(1, math.ceil(len(counts) / _BARS_A_LINE))
    return [sum(counts[place : place + width]) for place in range(0, len(counts), width)]


def _sparkline(counts: Sequence[int], top: int) -> str:
    return "".join(_BARS[math.ceil(count * len(_BARS) / top) - 1] if count else "·" for count in counts) or "·"


# Who is called.

_MEMBER = re.compile(r"(?=\w*\d)[UW][A-Z0-9]{7,20}", re.ASCII)
_GROUP = re.compile(r"(?=\w*\d)S[A-Z0-9]{7,20}", re.ASCII)


def _mention(entry: Event | None) -> str:
    """The owner as Slack calls them; empty for one who is none of its members or groups."""
    owner = entry.owner if entry and entry.owner else ""
    if _MEMBER.fullmatch(owner):
        return f"<@{owner}>"
    return f"<!subteam^{owner}>" if _GROUP.fullmatch(owner) else ""


def _calls(entry: Event | None, *, is_over: bool) -> list[_Block]:
    """The owner, who is called while it lasts, and the runbook."""
    parts = []
    if entry and entry.owner and not (is_over and _mention(entry)):
        parts.append(f"Owner: {_mention(entry) or _code(_clean(entry.owner, _NAME))}")
    if entry and entry.runbook_url:
        url = _escaped(entry.runbook_url)
        is_short = len(url) <= _LINK_SIZE
        parts.append(f"<{url}|Runbook>" if is_short else "Runbook: its address is too long for a message")
    return [_section(" · ".join(parts))] if parts else []


# The query to paste, and where to.

_UNQUOTED_PROJECT = re.compile(r"[a-z][a-z0-9-]*")


def console_url(place: Place) -> str:
    """The table's page in the BigQuery console, which knows no documented way to bring a query along."""
    project = place.project or ""
    page = {"project": project, "p": project, "d": place.dataset, "t": place.table, "page": "table"}
    return "https://console.cloud.google.com/bigquery?" + urlencode(page)


def _table(place: Place) -> str:
    """The table without the backticks that code in Slack could not hold: a project that needs them is left out, and
    then it is that of the console."""
    known = [place.project] if place.project and _UNQUOTED_PROJECT.fullmatch(place.project) else []
    return ".".join([*known, place.dataset, place.table])


def google_literal(text: str) -> str:
    """A GoogleSQL string of exactly the text, in characters that Slack leaves as they are."""
    return "'" + "".join(_google_character(character) for character in text) + "'"


def _google_character(character: str) -> str:
    if character in "'\\":
        return f"\\{character}"
    if _is_itself(character):
        return character
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"


def duckdb_literal(text: str) -> str:
    """DuckDB's, whose strings know no escape but the doubled quote."""
    parts: list[str] = []
    for character in text:
        if not _is_itself(character):
            parts.append(f"chr({ord(character)})")
        elif parts and parts[-1].startswith("'"):
            parts[-1] = f"{parts[-1][:-1]}{_doubled(character)}'"
        else:
            parts.append(f"'{_doubled(character)}'")
    return " || ".join(parts) or "''"


def _doubled(character: str) -> str:
    return "''" if character == "'" else character


def _is_itself(character: str) -> bool:
    """Whether a character comes through code in Slack as it is, and is seen for what it is."""
    return character.isprintable() and character not in "`@"


# Text from events.

_SPECIAL_MENTION = re.compile(r"@(?=here|channel|everyone)", re.IGNORECASE)
_ZERO_WIDTH = "\u200b"
_JOINERS = "\u200c\u200d"
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}


def _clean(text: str, most: int) -> str:
    """On one line, without what does not print or turns the direction of writing, and no longer than `most`."""
    # A value of megabytes is not worth looking at in full.
    seen = "".join(_visible(character) for character in text[: 8 * most])
    line = " ".join(seen.split())
    cut = line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
    # Slack reads `@here` as text unless it is told otherwise; it is not left to that.
    return _SPECIAL_MENTION.sub(f"@{_ZERO_WIDTH}", cut)


def _visible(character: str) -> str:
    return " " if unicodedata.category(character) in _INVISIBLE and character not in _JOINERS else character


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _code(cleaned: str) -> str:
    """Cleaned text as a code span, which shows it as it is written."""
    unquoted = cleaned.replace("`", "'")
    return f"`{_escaped(unquoted)}`" if cleaned else "(empty)"


def _pre(escaped: str) -> str:
    """Escaped lines as a code block."""
    return "```" + escaped.replace("`", "'") + "```"


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _is_mixpanels(name: str) -> bool:
    return name.startswith(("$", "mp_")) or name == "time"


# Blocks, and what fits in them.


def _size(text: str) -> int:
    """As Slack may count: in units of UTF-16, which no other way of counting exceeds but that of bytes."""
    return len(text.encode("utf-16-le", errors="replace")) // 2


def _fitting(lines: Sequence[str], size: int, *, unseen: int = 0) -> str:
    """As many lines as fit, and `+N more` for the others and the `unseen` ones."""
    room = size - len("\n+1,000,000 more")
    kept: list[str] = []
    for line in lines:
        room -= _size(line) + 1
        if room < 0:
            break
        kept.append(line)
    more = len(lines) - len(kept) + unseen
    return "\n".join([*kept, *([f"+{more:,} more"] if more else [])])


def _first(names: Sequence[str], most: int) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} +{len(names) - most:,} more" if len(names) > most else shown


def _cut(text: str, size: int) -> str:
    return text if _size(text) <= size else f"{_while_fitting(text, size - 1)}…"


def _while_fitting(text: str, size: int) -> str:
    while _size(text) > size:
        text = text[: -max(1, (_size(text) - size) // 2)]
    return text


def _header(plain: str) -> _Block:
    return {"type": "header", "text": {"type": "plain_text", "text": _cut(plain, _HEADER_SIZE), "emoji": False}}


def _mrkdwn(text: str) -> _Block:
    # Verbatim: what looks like an address, a channel or a name in plain text stays that.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _section(mrkdwn: str) -> _Block:
    return {"type": "section", "text": _mrkdwn(mrkdwn)}


def _fields(facts: Iterable[tuple[str, str]]) -> _Block:
    return {"type": "section", "fields": [_mrkdwn(f"*{name}*\n{said}") for name, said in facts]}


def _context(mrkdwn: str) -> _Block:
    return {"type": "context", "elements": [_mrkdwn(mrkdwn)]}


def _body(headline: str, blocks: Sequence[_Block | _Detail]) -> Body:
    """The message; details that do not fit are left out from the end, and that is said."""
    kept = list(blocks)
    while not _fits(kept) and (details := [place for place, one in enumerate(kept) if isinstance(one, _Detail)]):
        del kept[details[-1]]
    plain = [one.block if isinstance(one, _Detail) else one for one in kept]
    if len(kept) < len(blocks):
        plain.append(_context(f"+{len(blocks) - len(kept)} more details that do not fit in one message"))
    return Body(_cut_escaped(headline), tuple(plain))


def _cut_escaped(plain: str) -> str:
    """Plain text as mrkdwn for the notification: escaped after it is cut, so that no entity is."""
    return _escaped(_cut(plain, _TEXT_SIZE // 5))


def _fits(blocks: Sequence[_Block | _Detail]) -> bool:
    plain = [one.block if isinstance(one, _Detail) else one for one in blocks]
    return len(plain) < _MOST_BLOCKS and sum(_size(text) for block in plain for text in texts(block)) <= _ALL_SIZE


def texts(value: Any) -> Iterator[str]:
    """The texts that stand in a block, at any depth."""
    if isinstance(value, Mapping):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for member in value.values():
            yield from texts(member)
    elif isinstance(value, list | tuple):
        for element in value:
            yield from texts(element)
