"""The rules of the ledger: how many queries an hour, how many at once, and none while Mixpanel refuses them."""

import contextlib
import logging
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from mixpanel_data.base.clock import Clock, utc_now
from mixpanel_data.base.errors import RateLimitError
from mixpanel_data.clients.mixpanel.querying.ledger.files import Files, Notes, name_of

log = logging.getLogger(__name__)

MOST_AN_HOUR, MOST_AT_ONCE = 60, 5
"""Mixpanel's limits for a project, if nothing else is agreed."""

_HOUR_SECONDS = 3600.0
# A query takes seconds, and nobody knows when the first of those that run will end.
_UNTIL_A_PLACE_SECONDS = 10.0
# A note further ahead than this comes from a clock that was wrong.
_LONGEST_REFUSAL_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class QueryLedger:
    """The queries of all processes on this machine, by server and project, in small files of `folder`.

    Of each project, it lets `most_an_hour` queries through in any 60 minutes, and `most_at_once` at the same time. A
    process that dies frees its place; its query stays counted. If the folder cannot be written, queries go through
    uncounted, and a warning says so.
    """

    folder: Path
    most_an_hour: int = MOST_AN_HOUR
    most_at_once: int = MOST_AT_ONCE
    now: Clock = utc_now

    @contextlib.contextmanager
    def place(self, server: str, project: str, *, is_counted: bool = True) -> Iterator["Place"]:
        """Keep a place for a query while the block runs it. A query that is not counted only needs a place to run.

        Raises RateLimitError, with the moment from which to try again, if there is no place.
        """
        place = Place(self, name_of(server, project), project)
        try:
            place.take(is_counted=is_counted)
        except OSError as error:
            _warn(self.folder, error)
        try:
            yield place
        finally:
            place.leave()


@dataclass(slots=True)
class Place:
    """The place of one query among those of its project."""

    _ledger: QueryLedger
    _name: str
    _project: str
    _noted_at: float | None = field(default=None, init=False)
    _running: int | None = field(default=None, init=False)

    def take(self, *, is_counted: bool) -> None:
        """Take the place, and note the query if it counts. Raises RateLimitError and OSError."""
        files = Files(self._ledger.folder)
        with files.locked():
            now = self._ledger.now().timestamp()
            notes = _recent(files.read(self._name), now)
            self._check(notes, now, is_counted=is_counted)
            self._running = files.running(self._name, self._ledger.most_at_once)
            if self._running is None:
                raise self._too_many_at_once(now)
            if is_counted:
                files.write(self._name, replace(notes, queries=(*notes.queries, now)))
                self._noted_at = now
                used, most = len(notes.queries) + 1, self._ledger.most_an_hour
                log.debug("query %d of the %d of an hour", used, most, extra={"quota": f"{used} of {most} queries"})

    def give_back(self) -> None:
        """Take the note of this query back: Mixpanel does not count it."""
        noted_at, self._noted_at = self._noted_at, None
        if noted_at is not None:
            self._rewrite(lambda notes: replace(notes, queries=_without(notes.queries, noted_at)))

    def refuse_until(self, moment: datetime) -> None:
        """Note that Mixpanel takes no query of this project before the moment."""
        self._rewrite(lambda notes: replace(notes, refused_until=max(notes.refused_until, moment.timestamp())))

    def leave(self) -> None:
        """Free the place for another query; the note of this one stays."""
        running, self._running = self._running, None
        if running is not None:
            os.close(running)

    def _check(self, notes: Notes, now: float, *, is_counted: bool) -> None:
        if now < notes.refused_until:
            raise _refused(
                f"Mixpanel takes no more queries for project {self._project} for now.", notes.refused_until, now
            )
        most = self._ledger.most_an_hour
        if is_counted and len(notes.queries) >= most:
            raise _refused(
                f"The processes of this machine made {len(notes.queries)} queries for project {self._project} within "
                f"the last hour, and MIXPANEL_QUERIES_PER_HOUR allows {most}.",
                notes.queries[-most] + _HOUR_SECONDS,
                now,
            )

    def _too_many_at_once(self, now: float) -> RateLimitError:
        return _refused(
            f"The processes of this machine run {self._ledger.most_at_once} queries for project {self._project}, as "
            "many as MIXPANEL_QUERIES_AT_ONCE allows.",
            now + _UNTIL_A_PLACE_SECONDS,
            now,
        )

    def _rewrite(self, change: Callable[[Notes], Notes]) -> None:
        files = Files(self._ledger.folder)
        try:
            with files.locked():
                notes = _recent(files.read(self._name), self._ledger.now().timestamp())
                files.write(self._name, change(notes))
        except OSError as error:
            _warn(self._ledger.folder, error)


def _recent(notes: Notes, now: float) -> Notes:
    """Return the notes without those that are over, or so far ahead of `now` that they come from a wrong clock.

    A clock that was set back a little also leaves notes ahead of it: they count as made now.
    """
    queries = tuple(min(at, now) for at in notes.queries if abs(now - at) < _HOUR_SECONDS)
    is_credible = notes.refused_until <= now + _LONGEST_REFUSAL_SECONDS
    return Notes(queries, notes.refused_until if is_credible else 0.0)


def _without(queries: tuple[float, ...], at: float) -> tuple[float, ...]:
    """Return the times without one of those that equal `at`."""
    if at not in queries:
        return queries
    index = queries.index(at)
    return queries[:index] + queries[index + 1 :]


def _refused(reason: str, until: float, now: float) -> RateLimitError:
    # In whole seconds, and never too early.
    moment = datetime.fromtimestamp(math.ceil(until), UTC)
    return RateLimitError(
        f"{reason} Nothing was sent; try again from {moment:%Y-%m-%dT%H:%M:%SZ}.",
        retry_after_seconds=moment.timestamp() - now,
        retry_at=moment,
    )


def _warn(folder: Path, error: OSError) -> None:
    log.warning(
        "The queries are not counted, because the ledger in %s cannot be used: %s. Check who may write there, and "
        "whether the disk is full.",
        folder,
        error.strerror or error,
    )
