"""The sample events of an alert: how a message shows a single event."""

import json
from datetime import UTC
from typing import Any

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.detect.findings.evidence import Evidence, Sample
from mixpanel_data.outbox.blocks import fitting
from mixpanel_data.outbox.mrkdwn import NAME_SIZE, clean, escaped, preformatted

_VALUE_SIZE = 80
_SAMPLE_SIZE = 900


def samples(evidence: Evidence | None, redactor: Redactor) -> list[str]:
    """Code blocks, one an event, the first below a title; none without events."""
    if evidence is None or not evidence.samples:
        return []
    title = "The last events before it" if evidence.samples_are_from_before else "The newest of these events"
    first, *others = [preformatted(_sample(sample, redactor)) for sample in evidence.samples]
    return [f"*{title}*\n{first}", *others]


def _sample(sample: Sample, redactor: Redactor) -> str:
    """One event, escaped: its time, its distinct_id, and a property a line, Mixpanel's own properties last."""
    shown = redactor.properties(sample.properties)
    shown.pop("distinct_id", None)
    members = {"distinct_id": redactor.value("distinct_id", sample.distinct_id)}
    members |= {name: shown[name] for name in sorted(shown, key=_is_mixpanels)}
    lines = [f"{clean(name, NAME_SIZE)}: {clean(_json(value), _VALUE_SIZE)}" for name, value in members.items()]
    at = f"{sample.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"{at}\n{fitting([escaped(line) for line in lines], _SAMPLE_SIZE)}"


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _is_mixpanels(name: str) -> bool:
    return name.startswith(("$", "mp_")) or name == "time"
