"""The answers of Mixpanel's /engage endpoint. Their status can be 200 whatever they say."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mixpanel_data.base.errors import AuthenticationError, QueryError, UnavailableError
from mixpanel_data.clients.mixpanel.errors import TRANSIENT

_REASON_CHARACTERS = 300
_UNKNOWN_TOKEN = re.compile(r"\btoken\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ProfileAnswer:
    """An answer to a batch of records: Mixpanel accepted all of them, or `text` says why not.

    `reasons` are those of single records by their index in the batch; empty where the answer names none.
    """

    is_accepted: bool
    reasons: Mapping[int, str]
    text: str


def answer_of(status: int, content: bytes) -> ProfileAnswer:
    """Read an answer.

    Raises AuthenticationError for an unknown token, UnavailableError where the text says that the fault may pass, and
    QueryError where another server than Mixpanel answered.
    """
    text = " ".join(content.decode(errors="replace").split())[:_REASON_CHARACTERS] or "(no text)"
    document = document_of(content)
    if status == 200 and document is None:
        raise QueryError(f"The answer is not Mixpanel's: {text}. Check MIXPANEL_BASE_URL if it is set.")
    document = document or {}
    if status == 200 and not document.get("error") and document.get("status") in (1, "1", "OK", "ok"):
        return ProfileAnswer(True, {}, "")
    answer = f"Mixpanel answered {status}: {document.get('error') or text}"
    reasons = _reasons(document.get("failed_records"))
    if not reasons and TRANSIENT.search(answer):
        raise UnavailableError(answer)
    if not reasons and _UNKNOWN_TOKEN.search(answer):
        raise AuthenticationError(f"{answer}. Check MIXPANEL_PROJECT_TOKEN and MIXPANEL_REGION.")
    return ProfileAnswer(False, reasons, answer)


def document_of(content: bytes) -> Mapping[str, Any] | None:
    """Return the JSON object of a body, None for any other body; `{"status": 1}` for a bare 1, and likewise for 0.

    Mixpanel answers a bare number without verbose=1, which a proxy may drop.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if isinstance(document, dict):
        return document
    return {"status": document} if document in (0, 1) else None


def _reasons(records: object) -> dict[int, str]:
    """Return the reasons by the index of the record; none at all where an index is missing."""
    found: dict[int, str] = {}
    for record in records if isinstance(records, list) else ():
        index = record.get("index") if isinstance(record, dict) else None
        if type(index) is not int:
            return {}
        parts = (str(record[key]) for key in ("field", "message") if record.get(key))
        found[index] = ": ".join(parts)[:_REASON_CHARACTERS] or "refused without a reason"
    return found
