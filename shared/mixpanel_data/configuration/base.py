"""What all files of `config/` share: how one is read, and messages that name entry and field."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from mixpanel_data.base.errors import ConfigError

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class Configuration(BaseModel):
    """Base of all shapes that a user writes: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Shape = TypeVar("Shape", bound=BaseModel)
# Where pydantic speaks of its own shapes, and not of JSON's.
_GIVE = {
    "model_type": "give a JSON object",
    "tuple_type": "give a list",
    "too_short": "give a list of at least {min_length}",
}


def parsed(shape: type[Shape], text: str | bytes, source: str) -> Shape:
    """A configuration from its JSON text, in UTF-8; raises ConfigError naming source, entry and field."""
    try:
        text = text.decode() if isinstance(text, bytes) else text
        document = json.loads(text, object_pairs_hook=no_key_twice)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{source} is not valid JSON: {error}.") from error
    if place := _half_a_character(document):
        raise ConfigError(f"{source}: {place} holds half a character (a lone surrogate), which no event can have.")
    try:
        return shape.model_validate(document)
    except ValidationError as error:
        raise ConfigError(f"{source}: {complaints(error)}.") from error


def _half_a_character(value: Any, place: str = "") -> str | None:
    """Where a text stands that UTF-8 cannot say, as `entry.field`; None if there is none."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return place.lstrip(".") or "it"
        return None
    if isinstance(value, dict):
        named = [
            (f"{place}.{name.encode(errors='replace').decode()}", part)
            for name, one in value.items()
            for part in (name, one)
        ]
        return next(filter(None, (_half_a_character(part, where) for where, part in named)), None)
    if isinstance(value, list):
        return next(filter(None, (_half_a_character(one, f"{place}[{at}]") for at, one in enumerate(value))), None)
    return None


def complaints(error: ValidationError) -> str:
    """What pydantic found, as `entry.field is value: what to give`."""
    all_found = error.errors(include_url=False)
    places = [found["loc"] for found in all_found]
    return "; ".join(_complaint(found) for found in all_found if not _is_of_a_part(found, places))


def _is_of_a_part(found: Any, places: Sequence[tuple[int | str, ...]]) -> bool:
    """Whether it follows from what is wrong within: pydantic counts no entry that is wrong."""
    depth = len(found["loc"])
    return found["type"] == "too_short" and any(
        place[:depth] == found["loc"] and place != found["loc"] for place in places
    )


def _complaint(found: Any) -> str:
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in found["loc"]).lstrip(".")
    ours, ctx = _GIVE.get(found["type"]), found.get("ctx", {})
    said = ours.format(**ctx) if ours else found["msg"].removeprefix("Value error, ")
    if not where:
        return str(said)
    if found["type"] == "extra_forbidden":
        return f"{where} is not known here"
    if found["type"] == "missing":
        return f"{where} is missing"
    return f"{where} is {json.dumps(found['input'], default=str)}: {said}"


def no_key_twice(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, as an `object_pairs_hook`; raises ValueError naming a key of which one value would be lost."""
    document = dict(members)
    if len(document) < len(members):
        twice = next(key for key in document if sum(key == other for other, _ in members) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return document
