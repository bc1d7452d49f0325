"""The entries of the Lexicon that the registry has: what is missing there, beside everything that people wrote."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.clients.mixpanel.lexicon import Entry
from mixpanel_data.configuration.tracking_plan import PlannedEvent, PlannedProperty
from mixpanel_data.registry.exporting.observed import ObservedEvent, ObservedProperty
from mixpanel_data.registry.exporting.schema import description_of, types_of
from mixpanel_data.registry.exporting.sent import SentDescriptions
from mixpanel_data.registry.judging.own_keys import is_mixpanels

# Mixpanel takes 255 properties in an event; many more are keys that somebody makes up as they go.
_MOST_PROPERTIES = 1_000


def is_pushable(name: str, redactor: Redactor) -> bool:
    """Whether an event can have an entry: one without a name has none, and one that looks personal is not sent."""
    return bool(name) and redactor.text(name) == name


def entry_of(event: ObservedEvent, planned: PlannedEvent | None, redactor: Redactor) -> Entry:
    """The entry as the registry has it: a type for each of the event's own properties, and the plan's descriptions.

    A property has the most frequent of its types other than null, because an entry accepts only one. Properties that
    Mixpanel writes are left out, as it describes them itself; so are names that look personal.
    """
    described = planned.schema_.properties if planned else {}
    own = [each for each in event.properties if each.types and is_own(each.name, redactor)][:_MOST_PROPERTIES]
    schema: dict[str, Any] = _described(description_of(planned, redactor))
    schema["properties"] = {each.name: _property(each, described.get(each.name), redactor) for each in own}
    return Entry(event.name, schema)


def is_own(name: str, redactor: Redactor) -> bool:
    """Whether a property belongs into an entry."""
    return bool(name) and not is_mixpanels(name) and redactor.text(name) == name


def merged(entry: Entry, known: Entry | None, sent: SentDescriptions) -> Entry:
    """The entry to send: what Mixpanel has, with the observed types, and with descriptions where nobody wrote any."""
    if known is None:
        return entry
    properties = dict(known.properties)
    for name, observed in entry.properties.items():
        properties[name] = _beside(observed, properties.get(name), partial(sent.is_ours, entry.name, name))
    own = {key: value for key, value in entry.schema.items() if key != "properties"}
    schema = _beside(own, known.schema, partial(sent.is_ours, entry.name, None))
    # An entry that lists no properties stays as it is, if there are none to add.
    return Entry(entry.name, {**schema, "properties": properties} if properties else schema)


def _beside(ours: Mapping[str, Any], theirs: object, is_ours: Callable[[object], bool]) -> dict[str, Any]:
    """Theirs with what is ours to say; a description only where they have none, or one that `is_ours`."""
    kept = dict(theirs) if isinstance(theirs, Mapping) else {}
    description = kept.get("description")
    is_free = not description or is_ours(description)
    return kept | {key: value for key, value in ours.items() if key != "description" or is_free}


def _property(observed: ObservedProperty, planned: PlannedProperty | None, redactor: Redactor) -> dict[str, Any]:
    return {"type": _type(observed.types), **_described(description_of(planned, redactor))}


def _described(description: str) -> dict[str, Any]:
    return {"description": description} if description else {}


def _type(types: Mapping[str, int]) -> str:
    """The most frequent type, null only where there is no other; of equally frequent ones the first by name."""
    among = types_of([name for name in types if name != "null"]) or ["null"]
    counts = dict(types)
    if "number" in among:
        counts["number"] += counts.get("integer", 0)
    return max(among, key=lambda name: counts.get(name, 0))
