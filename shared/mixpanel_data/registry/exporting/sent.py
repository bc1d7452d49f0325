"""The descriptions that pushes from a folder have sent, to distinguish them from what people wrote in the Lexicon."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from mixpanel_data.base.errors import RequestError
from mixpanel_data.clients.mixpanel.lexicon import Entry
from mixpanel_data.registry.exporting.folder import replace_file

SENT = "mixpanel-lexicon.json"
"""Lists, by event, the hashes of the descriptions that were sent: each of its event, its property and its text."""

_HASH_CHARACTERS = 16


class SentDescriptions:
    """What was sent so far, kept in the folder; in no file where there is none, and then it is forgotten.

    Raises RequestError for a file that cannot be read or written.
    """

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / SENT if folder else None
        self._sent = _sent(self._path) if self._path else {}

    def is_ours(self, event_name: str, property_name: str | None, text: object) -> bool:
        """Whether a push sent this description; `property_name` is None for that of the event."""
        return isinstance(text, str) and _hash(event_name, property_name, text) in self._sent.get(event_name, ())

    def add(self, entries: Iterable[tuple[Entry, Entry]]) -> None:
        """Remember which descriptions are ours of entries to be sent: the entry of the registry, and the one to send.

        Call it before they are sent: the answer may be lost.
        """
        before = sum(map(len, self._sent.values()))
        for own, whole in entries:
            ours = set(_descriptions(own)) & set(_descriptions(whole))
            if ours:
                hashes = {_hash(own.name, place, text) for place, text in ours}
                self._sent[own.name] = self._sent.get(own.name, set()) | hashes
        if self._path and sum(map(len, self._sent.values())) != before:
            document = {"sent": {name: sorted(hashes) for name, hashes in sorted(self._sent.items())}}
            replace_file(self._path, (json.dumps(document, indent=2) + "\n").encode())


def _descriptions(entry: Entry) -> Iterator[tuple[str | None, str]]:
    """The descriptions of an entry, by property; None is the event itself."""
    schemas = [(None, entry.schema), *entry.properties.items()]
    for name, schema in schemas:
        description = schema.get("description") if isinstance(schema, Mapping) else None
        if description and isinstance(description, str):
            yield name, description


def _hash(event_name: str, property_name: str | None, text: str) -> str:
    said = json.dumps([event_name, property_name, text])
    return sha256(said.encode()).hexdigest()[:_HASH_CHARACTERS]


def _sent(path: Path) -> dict[str, set[str]]:
    if not path.exists():
        return {}
    with contextlib.suppress(ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return {str(name): set(map(str, hashes)) for name, hashes in json.loads(path.read_bytes())["sent"].items()}
    raise RequestError(
        f"{path} was not written by a push, so the descriptions that pushes sent cannot be identified. "
        "Give another folder, or remove that file: descriptions in the Lexicon will then stay as they are."
    )
