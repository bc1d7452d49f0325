"""An entry of the Lexicon: what Mixpanel knows of one event."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """An event by its raw name. `schema` is its `schemaJson`: description, properties, metadata, and whatever else."""

    name: str
    schema: Mapping[str, Any] = field(default_factory=dict)

    @property
    def properties(self) -> Mapping[str, Any]:
        """The properties of the schema by name; empty where it has none."""
        properties = self.schema.get("properties")
        return properties if isinstance(properties, Mapping) else {}

    @property
    def names(self) -> int:
        """How many names Mixpanel counts when the entry is sent: the event's and those of its properties."""
        return 1 + len(self.properties)

    def plain(self) -> dict[str, Any]:
        """The entry as the API takes it."""
        return {"entityType": "event", "name": self.name, "schemaJson": dict(self.schema)}


@dataclass(frozen=True, slots=True)
class EntryOutcome:
    """What became of an entry: Mixpanel stored it, or `message` says why not."""

    entry: Entry
    is_stored: bool
    message: str = ""


def entry_of(document: object) -> Entry | None:
    """The entry of an event; None for that of a profile, and for anything else."""
    if not isinstance(document, Mapping) or document.get("entityType") != "event":
        return None
    name, schema = document.get("name"), document.get("schemaJson")
    if not isinstance(name, str):
        return None
    return Entry(name, schema if isinstance(schema, Mapping) else {})
