"""Events that show ids, and whom they link."""

from typing import Any

from support.engines import Engine
from support.identity_world import EVENTS, Document, IdentityWorld, configured
from support.published_events import PublishedEvent

TODAY = "2040-03-15 10:00:00"


def seen(user: Any, device: Any, at: str = TODAY, name: str = "Visit", **properties: Any) -> PublishedEvent:
    """An event with a $user_id and a $device_id, or without those that are None."""
    ids = {"$user_id": user, "$device_id": device}
    own = {key: value for key, value in ids.items() if value is not None}
    return PublishedEvent(name, at, "somebody", f"{name} {user} {device} {at} {properties}", {**own, **properties})


def with_events(engine: Engine, source: Document = EVENTS, **changed: Any) -> IdentityWorld:
    """A world that reads events alone."""
    return IdentityWorld(engine, configured(source, **changed))


def linked(world: IdentityWorld) -> set[str]:
    """The ids of each link."""
    return set(world.tables().statuses)
