"""The sessions of queries of profiles: each page after the first names the session of the first."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Profile = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Session:
    """A query of profiles: its parameters, the profiles that it found, and the size of its pages."""

    parameters: Mapping[str, object]
    found: tuple[Profile, ...]
    page_size: int


class Sessions:
    """The open sessions by id."""

    def __init__(self) -> None:
        self._open: dict[str, Session] = {}
        self._number = 0
        self._lock = threading.Lock()

    def open(self, session: Session, seconds: int) -> str:
        """Open a session at this time (s since 1970); returns its id."""
        with self._lock:
            self._number += 1
            session_id = f"{seconds}-StandIn{self._number}"
            self._open[session_id] = session
        return session_id

    def get(self, session_id: str) -> Session | None:
        """The session with this id; None for one that was never opened, or has expired."""
        return self._open.get(session_id)

    def expire(self) -> None:
        """End all sessions, as time does."""
        with self._lock:
            self._open.clear()
