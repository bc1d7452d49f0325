"""`GET /api/2.0/export`: the raw events of some days, one JSON object a line."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain, islice

from mixpanel_data_standins.mixpanel import expressions, lines, pieces
from mixpanel_data_standins.mixpanel.answers import Answer, RefusalError, Request
from mixpanel_data_standins.mixpanel.events import Segment, Wanted
from mixpanel_data_standins.mixpanel.faults import Fault, NoLastNewline, Status, Tail
from mixpanel_data_standins.mixpanel.pieces import Fresh, Piece
from mixpanel_data_standins.mixpanel.project import Behaviour, Project, day_number

MOST_ROWS = 100_000
SHUFFLED_BYTES = 1 << 23

EPOCH = datetime(1970, 1, 1)

Step = Callable[[Iterator[bytes]], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Query:
    """What a call asks for; days as the project counts them, both included."""

    first_day: date
    last_day: date
    events: tuple[str, ...] | None
    where: Callable[[expressions.Event], bool] | None
    time_in_ms: bool
    limit: int | None


def answer(project: Project, request: Request) -> Answer:
    """Answer a call, with the next fault of the queue; RefusalError if it is not to be answered 200."""
    fault = project.faults.take()
    project.access.check(request)
    begun, quotas = project.now(), project.quotas
    project.gate.enter(quotas, begun)
    try:
        if isinstance(fault, Status):
            raise _refusal_of(fault)
        query = read_query(request.parameters, project.today(), project.behaviour)
        body = _spoilt(_body(project, query, fault), fault)
    except BaseException:
        project.gate.leave()
        if quotas is not None and not quotas.count_failed:
            project.gate.forget(begun)
        raise
    return Answer(200, body, fault=fault, done=project.gate.leave)


def read_query(parameters: Mapping[str, str], today: date, behaviour: Behaviour) -> Query:
    """The parameters, checked as Mixpanel does; RefusalError 400 names the one that is wrong."""
    first, last = (_day_of(parameters, name) for name in ("from_date", "to_date"))
    if last > today:
        raise RefusalError(400, f"to_date cannot be later than today ({today})")
    if first > last:
        raise RefusalError(400, f"from_date {first} is after to_date {last}")
    return Query(
        first_day=first,
        last_day=last,
        events=_events_of(parameters.get("event")),
        where=_where_of(parameters.get("where"), behaviour),
        time_in_ms=_flag_of(parameters, "time_in_ms"),
        limit=_limit_of(parameters.get("limit")),
    )


def _refusal_of(fault: Status) -> RefusalError:
    retry_after = (("Retry-After", fault.retry_after),) if fault.retry_after is not None else ()
    return RefusalError(fault.status, fault.body, retry_after, whole=True)


def _day_of(parameters: Mapping[str, str], name: str) -> date:
    text = parameters.get(name, "")
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise RefusalError(400, f"Error in {name}: invalid date {text!r}, use YYYY-MM-DD")


def _events_of(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    try:
        names = json.loads(text)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise RefusalError(400, f"Error in event: {text!r} is not a JSON array of event names")
    return tuple(names)


def _where_of(text: str | None, behaviour: Behaviour) -> Callable[[expressions.Event], bool] | None:
    if text is None:
        return None
    if behaviour.refuse_where:
        raise RefusalError(400, "Error in where: selectors are not supported here")
    try:
        return expressions.compile_where(text)
    except expressions.ExpressionError as error:
        raise _bad_where(error) from error


def _bad_where(error: expressions.ExpressionError) -> RefusalError:
    return RefusalError(400, f"Error in where: {error}")


def _flag_of(parameters: Mapping[str, str], name: str) -> bool:
    text = parameters.get(name, "false").lower()
    if text not in ("true", "false", "1", "0"):
        raise RefusalError(400, f"Error in {name}: {text!r} is neither true nor false")
    return text in ("true", "1")


def _limit_of(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII) or not 0 < int(text) <= MOST_ROWS:
        raise RefusalError(400, f"Error in limit: {text!r} is not a number from 1 to {MOST_ROWS}")
    return int(text)


def _body(project: Project, query: Query, fault: Fault | None) -> Iterator[Piece]:
    """The answer in pieces. A where that does not fit the first rows is a RefusalError, later it ends the body."""
    wanted = project.store.wanted(query.events, project.visible_until_ms())
    segments = project.store.between(day_number(query.first_day), day_number(query.last_day))
    steps = list(_steps(query, project.behaviour, dict(project.resolve), fault))
    if not steps:
        return _stored_pieces(segments, wanted)
    rows: Iterator[bytes] = _lines(segments, wanted)
    for step in steps:
        rows = step(rows)
    return _until_unfit(pieces.batched(rows))


def _lines(segments: list[Segment], wanted: Wanted) -> Iterator[bytes]:
    for segment in segments:
        if not wanted.none_of(segment):
            yield from segment.lines(wanted)


def _stored_pieces(segments: list[Segment], wanted: Wanted) -> Iterator[Piece]:
    """Segments as they are stored wherever all of their lines are wanted."""
    for segment in segments:
        if wanted.all_of(segment):
            yield segment
        elif not wanted.none_of(segment):
            yield pieces.joined(segment.lines(wanted))


def _steps(query: Query, behaviour: Behaviour, resolve: Mapping[str, str], fault: Fault | None) -> Iterator[Step]:
    """What is done to the rows, in this order; nothing for a plain export."""
    if resolve:
        yield partial(map, _resolver(resolve))
    if query.where is not None:
        yield partial(filter, _test(query.where, behaviour))
    if behaviour.time_format == "iso":
        yield partial(map, lines.with_iso_time_in_ms if query.time_in_ms else lines.with_iso_time)
    elif query.time_in_ms:
        yield partial(map, lines.with_time_in_ms)
    if behaviour.shuffle_seed is not None:
        yield partial(_shuffled, random.Random(behaviour.shuffle_seed))  # noqa: S311, no secret
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


def _test(where: Callable[[expressions.Event], bool], behaviour: Behaviour) -> Callable[[bytes], bool]:
    def fits(line: bytes) -> bool:
        row = lines.parse(line)
        # A line that is no event is damage rather than data: it is in every answer.
        if row is None or not isinstance(row.get("event"), str):
            return True
        properties = lines.properties_of(row)
        return where(expressions.Event(properties, _moment(properties.get("time"), behaviour)))

    return fits


def _moment(time: object, behaviour: Behaviour) -> expressions.Moment | expressions.Undefined:
    seconds = lines.seconds_of(time)
    if seconds is None:
        return expressions.UNDEFINED
    if not behaviour.where_in_utc:
        return expressions.Moment(seconds)
    try:
        wall_clock = EPOCH + timedelta(seconds=seconds)
        return expressions.Moment(wall_clock.replace(tzinfo=behaviour.zone).timestamp())
    except OverflowError:  # a year that no calendar has
        return expressions.UNDEFINED


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


def _until_unfit(body: Iterator[Piece]) -> Iterator[Piece]:
    try:
        first = list(islice(body, 1))
    except expressions.ExpressionError as error:
        raise _bad_where(error) from error
    return chain(first, _rest_until_unfit(body))


def _rest_until_unfit(body: Iterator[Piece]) -> Iterator[Piece]:
    # The status is sent by now: like a real export that fails midway, this one ends with an error line.
    try:
        yield from body
    except expressions.ExpressionError as error:
        yield Fresh(json.dumps({"error": _bad_where(error).text}).encode() + b"\n")


def _spoilt(body: Iterator[Piece], fault: Fault | None) -> Iterator[Piece]:
    if isinstance(fault, Tail):
        return chain(body, [Fresh((fault.text + "\n" * fault.newline).encode())])
    return pieces.without_last_newline(body) if isinstance(fault, NoLastNewline) else body
