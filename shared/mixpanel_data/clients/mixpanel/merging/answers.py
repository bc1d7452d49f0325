"""The answers of Mixpanel's /import endpoint to a batch of merges. A 400 is a partial success if it names records."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixpanel_data.clients.mixpanel.errors import text_of
from mixpanel_data.clients.mixpanel.profile_answers import document_of

_INSERT_ID = re.compile(r"\b[0-9a-f]{36}\b")
# Mixpanel's documentation and its OpenAPI description name the same key differently.
_KEYS = ("$insert_id", "insert_id")


@dataclass(frozen=True, slots=True)
class MergeAnswer:
    """What became of a batch: `reasons` are those of the refused merges, by their index in the batch.

    `reasons` is None where the answer refuses merges without saying which; `text` is what it says instead.
    """

    reasons: Mapping[int, str] | None
    text: str = ""


def answer_of(status: int, content: bytes, insert_ids: Sequence[str]) -> MergeAnswer | None:
    """Read the answer to a batch whose merges have these `insert_ids`; None if it is not about single records."""
    document = document_of(content) or {}
    records = document.get("failed_records")
    text = f"Mixpanel answered {status}: {text_of(content)}"
    if status == 413:
        return MergeAnswer(None, text)
    if isinstance(records, list) and records:
        return MergeAnswer(_reasons(records, insert_ids), text)
    is_accepted = status == 200 and not document.get("error") and document.get("status") in (1, "1", "OK", "ok")
    return MergeAnswer({}) if is_accepted else None


def _reasons(records: Sequence[object], insert_ids: Sequence[str]) -> Mapping[int, str] | None:
    """Return the reasons by the index of the merge; None where a record does not say which merge it is about."""
    indexes = {insert_id: index for index, insert_id in enumerate(insert_ids)}
    places = [_index(record, indexes) for record in records]
    if None in places and len(records) == len(insert_ids):
        # As many records as merges: all are refused.
        places = [*range(len(insert_ids))]
    reasons = {index: _reason(record) for index, record in zip(places, records, strict=True) if index is not None}
    return None if None in places else reasons


def _index(record: object, indexes: Mapping[str, int]) -> int | None:
    for insert_id in _insert_ids(record) & indexes.keys():
        return indexes[insert_id]
    index = record.get("index") if isinstance(record, dict) else None
    return index if type(index) is int and 0 <= index < len(indexes) else None


def _insert_ids(record: object) -> set[str]:
    """Return the ids that a failed record names: an object under a key, a plain text somewhere within."""
    if isinstance(record, dict):
        return {str(record[key]) for key in _KEYS if key in record}
    return set(_INSERT_ID.findall(str(record)))


def _reason(record: Any) -> str:
    if not isinstance(record, dict):
        return str(record) or "refused without a reason"
    parts = (str(record[key]) for key in ("field", "message") if record.get(key))
    return ": ".join(parts) or "refused without a reason"
