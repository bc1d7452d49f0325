"""The sample events of an alert: how a message shows a single event."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

from mixpanel_data.base.redaction import REDACTED, Redactor
from mixpanel_data.detect.findings.evidence import Evidence, Sample
from mixpanel_data.outbox.blocks import cut
from mixpanel_data.outbox.mrkdwn import clean, escaped, preformatted

_NAME_SIZE = 40
_VALUE_SIZE = 40
_LINE_SIZE = 84
# They say the same as the line's start, or nothing to a person.
_LEFT_OUT = {"distinct_id", "time", "$insert_id", "mp_processing_time_ms"}


def samples(evidence: Evidence | None, redactor: Redactor) -> str | None:
    """The newest events as a code block below a title, a line each; None without events."""
    if evidence is None or not evidence.samples:
        return None
    title = "The last events before it" if evidence.samples_are_from_before else "Its newest events"
    risen = [share.property for share in evidence.value_shares]
    is_one_day = len({sample.at.astimezone(UTC).date() for sample in evidence.samples}) == 1
    lines = [_line(sample, risen, redactor, with_date=not is_one_day) for sample in evidence.samples]
    return f"*{title}* (times in UTC)\n{preformatted(chr(10).join(lines))}"


def _line(sample: Sample, risen: list[str], redactor: Redactor, *, with_date: bool) -> str:
    """One event, escaped: its time, its distinct_id, then properties: what rose first, Mixpanel's own last."""
    at = sample.at.astimezone(UTC)
    distinct_id = redactor.value("distinct_id", sample.distinct_id)
    start = [f"{at:%Y-%m-%d %H:%M:%S}" if with_date else f"{at:%H:%M:%S}"]
    start += [clean(_text(distinct_id), _VALUE_SIZE)] if distinct_id else []
    # Cut before it is escaped, so that no entity is cut apart.
    return escaped(cut("  ".join([*start, *_members(sample.properties, risen, redactor)]), _LINE_SIZE))


def _members(properties: Mapping[str, Any], risen: list[str], redactor: Redactor) -> Iterator[str]:
    kept = [name for name in properties if name not in _LEFT_OUT]
    for name in sorted(kept, key=lambda name: (name not in risen, _is_mixpanels(name))):
        shown = redactor.value(name, properties[name])
        if shown != REDACTED:
            yield f"{clean(redactor.text(name), _NAME_SIZE)}={clean(_text(shown), _VALUE_SIZE)}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _is_mixpanels(name: str) -> bool:
    return name.startswith(("$", "mp_"))
