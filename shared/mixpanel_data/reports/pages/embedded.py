"""The answer as JSON within a page."""

import base64
import gzip
import json
import re
from dataclasses import dataclass

# What would end the script element, and what a page must not have; JSON may escape each.
_UNSAFE = re.compile("[<>&\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Embedded:
    """The JSON for a script element, or, where it is too long for one, as gzip and base64; both empty: for neither."""

    text: str = ""
    compressed: str = ""


def embedded(document: object, budget: int) -> Embedded:
    """The document in at most `budget` bytes: as it is, else compressed, else not at all.

    `document` has what JSON has. Raises ValueError for a number that JSON does not have.
    """
    plain = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", plain)
    if len(text.encode()) <= budget:
        return Embedded(text=text)
    # Without a time, equal documents are equal bytes.
    compressed = base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()
    return Embedded(compressed=compressed) if len(compressed) <= budget else Embedded()
