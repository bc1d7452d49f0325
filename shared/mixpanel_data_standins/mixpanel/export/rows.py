"""The rows of an export: selected, filtered and rewritten as the query and the project's behaviour say."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice

from mixpanel_data_standins.mixpanel import where
from mixpanel_data_standins.mixpanel.events import lines, pieces
from mixpanel_data_standins.mixpanel.events.pieces import Fresh, Piece
from mixpanel_data_standins.mixpanel.events.store import Segment, Selection
from mixpanel_data_standins.mixpanel.export.query import Query, bad_where
from mixpanel_data_standins.mixpanel.faults import Fault, Tail
from mixpanel_data_standins.mixpanel.project import Behaviour, Project, day_number

SHUFFLED_BYTES = 1 << 23
EPOCH = datetime(1970, 1, 1)

Step = Callable[[Iterator[bytes]], Iterator[bytes]]


def body(project: Project, query: Query, fault: Fault | None) -> Iterator[Piece]:
    """The rows in pieces. Where `where` fails on the first rows, RefusalError; later an error line ends the body."""
    selection = project.store.selection(query.events, project.visible_until_ms())
    segments = project.store.between(day_number(query.first_day), day_number(query.last_day))
    steps = list(_steps(query, project.behaviour, dict(project.resolve), fault))
    if not steps:
        return _stored_pieces(segments, selection)
    rows: Iterator[bytes] = _lines(segments, selection)
    for step in steps:
        rows = step(rows)
    return _ending_with_error_line(pieces.batched(rows))


def _lines(segments: list[Segment], selection: Selection) -> Iterator[bytes]:
    for segment in segments:
        if not selection.misses(segment):
            yield from segment.lines(selection)


def _stored_pieces(segments: list[Segment], selection: Selection) -> Iterator[Piece]:
    """Stored segments as they are where the query selects all of their lines, else pieces with the selected ones."""
    for segment in segments:
        if selection.covers(segment):
            yield segment
        elif not selection.misses(segment):
            yield pieces.joined(segment.lines(selection))


def _steps(query: Query, behaviour: Behaviour, resolve: Mapping[str, str], fault: Fault | None) -> Iterator[Step]:
    """The steps that the rows pass, in this order; none for a plain export."""
    if resolve:
        yield partial(map, _resolver(resolve))
    if query.where is not None:
        yield partial(filter, _line_test(query.where, behaviour))
    if behaviour.time_format == "iso":
        yield partial(map, lines.with_iso_time_in_ms if query.time_in_ms else lines.with_iso_time)
    elif query.time_in_ms:
        yield partial(map, lines.with_time_in_ms)
    if behaviour.shuffle_seed is not None:
        yield partial(_shuffled, random.Random(behaviour.shuffle_seed))  # noqa: S311, not for cryptography
    if behaviour.duplicate_every:
        yield partial(_with_duplicates, behaviour.duplicate_every)
    if query.limit is not None:
        yield partial(_first, query.limit)
    if isinstance(fault, Tail) and fault.after_rows is not None:
        yield partial(_first, fault.after_rows)


def _resolver(resolve: Mapping[str, str]) -> Callable[[bytes], bytes]:
    old_ids = frozenset(old.encode("utf-8", "surrogatepass") for old in resolve)

    def resolved(line: bytes) -> bytes:
        return lines.with_resolved_id(line, resolve) if lines.may_change(line, old_ids) else line

    return resolved


def _line_test(test: Callable[[where.Event], bool], behaviour: Behaviour) -> Callable[[bytes], bool]:
    def passes(line: bytes) -> bool:
        row = lines.parse(line)
        # A line that is not an event is damage rather than data, and is in every answer.
        if row is None or not isinstance(row.get("event"), str):
            return True
        properties = lines.properties_of(row)
        return test(where.Event(properties, _instant(properties.get("time"), behaviour)))

    return passes


def _instant(time: object, behaviour: Behaviour) -> where.Instant | where.Undefined:
    seconds = lines.seconds_of(time)
    if seconds is None:
        return where.UNDEFINED
    if not behaviour.where_in_utc:
        return where.Instant(seconds)
    try:
        wall_clock = EPOCH + timedelta(seconds=seconds)
        return where.Instant(wall_clock.replace(tzinfo=behaviour.zone).timestamp())
    except OverflowError:  # a year outside the calendar
        return where.UNDEFINED


def _shuffled(generator: random.Random, rows: Iterable[bytes]) -> Iterator[bytes]:
    group: list[bytes] = []
    size = 0
    for line in rows:
        group.append(line)
        size += len(line)
        if size >= SHUFFLED_BYTES:
            generator.shuffle(group)
            yield from group
            group, size = [], 0
    generator.shuffle(group)
    yield from group


def _with_duplicates(every: int, rows: Iterable[bytes]) -> Iterator[bytes]:
    for number, line in enumerate(rows, 1):
        yield line
        if number % every == 0:
            yield line


def _first(count: int, rows: Iterable[bytes]) -> Iterator[bytes]:
    return islice(rows, count)


def _ending_with_error_line(body: Iterator[Piece]) -> Iterator[Piece]:
    try:
        first = list(islice(body, 1))
    except where.ExpressionError as error:
        raise bad_where(error) from error
    return chain(first, _rest(body))


def _rest(body: Iterator[Piece]) -> Iterator[Piece]:
    # The client already has status 200. A real export that fails halfway ends with an error line, so this one does too.
    try:
        yield from body
    except where.ExpressionError as error:
        yield Fresh(json.dumps({"error": bad_where(error).text}).encode() + b"\n")
