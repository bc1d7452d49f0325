"""`fetch_events`: the raw export of some days, portion by portion, into one table."""

import logging
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

from mixpanel_data.base.clock import utc_now
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.clients.mixpanel import Mixpanel
from mixpanel_data.exports.portions import TOO_MANY_LINES, Days, Portions
from mixpanel_data.exports.reading import ExportReader, Reading, TooManyLinesError
from mixpanel_data.exports.statements import UNMARKED
from mixpanel_data.warehouse.duckdb.errors import duckdb_errors
from mixpanel_data.workspace.fetching import state
from mixpanel_data.workspace.fetching.portions import COLUMNS, merge, prepare, store
from mixpanel_data.workspace.fetching.publishing import Origin, check_appendable, publish
from mixpanel_data.workspace.fetching.requests import EventsRequest
from mixpanel_data.workspace.fetching.state import Begun, Portion
from mixpanel_data.workspace.fetching.store import FetchStore, only_fetch_into
from mixpanel_data.workspace.results.fetched import FetchResult
from mixpanel_data.workspace.storage.file import WorkspaceFile

log = logging.getLogger(__name__)

_DAY = timedelta(days=1)

# A person waits. A quota that renews within an hour ends the call, and the same call goes on later.
_LONGEST_WAIT_SECONDS = 60.0


def fetch_events(
    file: WorkspaceFile,
    request: EventsRequest,
    *,
    mixpanel: Mixpanel,
    project_id: str,
    zone: str,
    memory_limit: str | None = None,
    restart: bool = False,
    progress: Callable[[int], None] | None = None,
) -> FetchResult:
    """Fetch the events of the request into its table, and go on with what an earlier call left.

    `zone` is the zone whose wall clock the project exports, mostly `UTC`. `progress` gets the number of events that
    are stored so far. Raises TableExistsError before Mixpanel is asked, RequestError if another fetch into the table
    is unfinished, and what the Mixpanel client and the file raise.
    """
    started = time.monotonic()
    origin = Origin("events", project_id, request.events, request.where, request.days.first, request.days.last)
    with only_fetch_into(file):
        with file.writing() as connection:
            if request.append:
                check_appendable(connection, request.name, origin)
            identity = request.identity(project_id)
            begun = state.begin(connection, request.name, identity, COLUMNS, append=request.append, restart=restart)
        call = mixpanel.within(Deadline())
        call.longest_wait_seconds = _LONGEST_WAIT_SECONDS
        reader = ExportReader(
            call,
            request.events or (),
            request.events is not None,
            zone,
            utc_now,
            connectors_are_wanted=True,
        )
        with FetchStore(file.path, memory_limit) as fetch_store:
            begun = _all_portions(begun, request, reader, fetch_store, progress)
        return publish(file, begun, origin, merge, started)


def _all_portions(
    begun: Begun,
    request: EventsRequest,
    reader: ExportReader,
    fetch_store: FetchStore,
    progress: Callable[[int], None] | None,
) -> Begun:
    """Fetch and store the days that are left."""
    portions = _left(begun, request.days)
    while days := portions.next():
        try:
            stored = _one_portion(begun, days, request.where, reader, fetch_store)
        except TooManyLinesError as error:
            portions.take_back(days, error.lines)
            continue
        portions.learn(days, stored.row_count + stored.rejected)
        begun = replace(begun, portions=(*begun.portions, stored))
        done = len(Days(request.days.first, days.last))
        calls = reader.mixpanel.calls
        log.info(
            "%s to %s: %s events",
            days.first,
            days.last,
            f"{stored.row_count:,}",
            extra={
                "step": "day",
                "done": done,
                "total": len(request.days),
                "quota": f"{calls} export{'s' * (calls != 1)}",
            },
        )
        if progress is not None:
            progress(sum(portion.row_count for portion in begun.portions))
    return begun


def _one_portion(begun: Begun, days: Days, where: str | None, reader: ExportReader, fetch_store: FetchStore) -> Portion:
    most_lines = TOO_MANY_LINES if len(days) > 1 else None
    with closing(fetch_store.staging()) as staging:
        staged = reader.stage(Reading(days, where=where, most_lines=most_lines), staging)
        reader.incoming(staged)
        staging.materialise(UNMARKED)
        with duckdb_errors("Sorting out what was fetched"):
            rejected = prepare(fetch_store.connection)
        portion = Portion(len(begun.portions) + 1, days.first, days.last, 0, rejected)
        with fetch_store.storing() as connection:
            return store(connection, begun, portion)


def _left(begun: Begun, days: Days) -> Portions:
    """The days that no stored portion has, in portions of the size that the fetch had reached."""
    done = [Days(each.first_day, each.last_day) for each in begun.portions if each.first_day and each.last_day]
    # Portions are stored in the order of their days, so that what is left has no gaps.
    left = [Days(max(each.last for each in done) + _DAY, days.last)] if done else [days]
    portions = Portions([each for each in left if each.first <= each.last])
    for each, stored in zip(done, begun.portions, strict=True):
        portions.learn(each, stored.row_count + stored.rejected)
    return portions
