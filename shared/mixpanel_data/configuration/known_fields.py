"""The fields that a shape knows at a place of a document, to name the nearest of them to one that it does not know."""

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel


def known_fields(shape: type[BaseModel], location: Sequence[int | str]) -> frozenset[str]:
    """The names that a user may give at a location of pydantic's, which is `("events", 0)` for `events[0]`.

    Where several kinds of objects may stand there, it is the names of all of them.
    """
    shapes = {shape}
    for step in location:
        # A position, the key of an object of the user's own, or a tag of pydantic's leads to the same shapes.
        shapes = {each for known in shapes for each in _shapes_of(known, step)} or shapes
    return frozenset(name for each in shapes for name in _names(each))


def _shapes_of(shape: type[BaseModel], step: int | str) -> Iterator[type[BaseModel]]:
    for name, field in shape.model_fields.items():
        if step in (name, field.alias):
            yield from _models(field.annotation, set())


def _models(annotation: Any, seen: set[int]) -> Iterator[type[BaseModel]]:
    """The models in an annotation, whatever lists, mappings and unions are around them."""
    if id(annotation) in seen:
        return
    seen.add(id(annotation))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in (getattr(annotation, "__value__", None), *get_args(annotation)):
        yield from _models(each, seen)


def _names(shape: type[BaseModel]) -> Iterator[str]:
    return (field.alias or name for name, field in shape.model_fields.items())
