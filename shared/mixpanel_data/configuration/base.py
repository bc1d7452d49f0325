"""Reading a file of `config/`, with messages that name entry and field."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from mixpanel_data.base.errors import ConfigError
from mixpanel_data.base.nearest import near
from mixpanel_data.configuration.known_fields import known_fields
from mixpanel_data.configuration.remedies import remedy

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class Configuration(BaseModel):
    """Base of all shapes that a user writes: frozen, and strict about unknown keys and types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Shape = TypeVar("Shape", bound=BaseModel)
_LONGEST = 200


def parsed(shape: type[Shape], text: str | bytes, source: str) -> Shape:
    """A configuration from its JSON text, in UTF-8. Raises ConfigError naming source, entry and field."""
    try:
        text = text.decode() if isinstance(text, bytes) else text
        document = json.loads(text, object_pairs_hook=no_key_twice)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{source} is not valid JSON: {error}.") from error
    if where := _lone_surrogate(document):
        raise ConfigError(
            f"{source}: {where} contains an unpaired surrogate, which is not a valid character. Remove it."
        )
    try:
        return shape.model_validate(document)
    except ValidationError as error:
        raise ConfigError(f"{source}: {complaints(error, shape)}.") from error


def _lone_surrogate(value: Any, where: str = "") -> str | None:
    """The first text that UTF-8 cannot encode, as `entry.field`; None if there is none."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return where.lstrip(".") or "the document"
        return None
    if isinstance(value, dict):
        members = [
            (each, f"{where}.{name.encode(errors='replace').decode()}")
            for name, member in value.items()
            for each in (name, member)
        ]
    elif isinstance(value, list):
        members = [(item, f"{where}[{position}]") for position, item in enumerate(value)]
    else:
        return None
    return next(filter(None, (_lone_surrogate(each, inside) for each, inside in members)), None)


def complaints(error: ValidationError, shape: type[BaseModel] | None = None) -> str:
    """All faults that pydantic found, each as `entry.field is value: remedy`.

    With the shape that was expected, an unknown field is told with the nearest of those that there are.
    """
    faults = error.errors(include_url=False)
    locations = [fault["loc"] for fault in faults]
    return "; ".join(_complaint(fault, shape) for fault in faults if not _is_consequence(fault, locations))


def _is_consequence(fault: Any, locations: Sequence[tuple[int | str, ...]]) -> bool:
    """Whether a list only seems too short: pydantic does not count entries that are wrong themselves."""
    depth = len(fault["loc"])
    return fault["type"] == "too_short" and any(
        location[:depth] == fault["loc"] and location != fault["loc"] for location in locations
    )


def _complaint(fault: Any, shape: type[BaseModel] | None) -> str:
    steps = [step for step in fault["loc"] if not _is_added(step)]
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")
    if not where:
        return remedy(fault)
    if fault["type"] == "extra_forbidden":
        return f"{where} is not known here: remove it, or correct its name{_hint(fault['loc'], shape)}"
    if fault["type"] == "missing":
        return f"{where} is missing: add it"
    return f"{where} is {_shown(fault['input'])}: {remedy(fault)}"


def _hint(location: Sequence[int | str], shape: type[BaseModel] | None) -> str:
    *before, name = location
    found = near(str(name), known_fields(shape, before)) if shape else []
    return f" (nearest: {found[0]!r})" if found else ""


def _shown(value: Any) -> str:
    """A value as JSON has it, or the beginning of a long one."""
    try:
        text = json.dumps(value, default=str)
    except RecursionError:
        return "nested too deep to show"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _is_added(step: int | str) -> bool:
    """Whether pydantic has added a step: `[key]` for a fault of the key itself, a tag such as `[days]` for a kind."""
    return isinstance(step, str) and step.startswith("[") and step.endswith("]")


def no_key_twice(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, as an `object_pairs_hook`. Raises ValueError naming a key that would lose one of its values."""
    document = dict(members)
    if len(document) < len(members):
        twice = next(key for key in document if sum(key == other for other, _ in members) > 1)
        raise ValueError(f"the key {twice!r} occurs twice in one object")
    return document
