"""`fetch_profiles`: user profiles, page by page, into one table."""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from mixpanel_data.base.errors import IncompleteExportError, PlanError, QueryError
from mixpanel_data.clients.mixpanel.querying import EngagePage, QueryClient
from mixpanel_data.warehouse.dialect import fingerprint
from mixpanel_data.workspace.fetching import state
from mixpanel_data.workspace.fetching.publishing import Origin, check_appendable, publish
from mixpanel_data.workspace.fetching.requests import ProfilesRequest
from mixpanel_data.workspace.fetching.state import Begun, Portion
from mixpanel_data.workspace.fetching.store import only_fetch_into
from mixpanel_data.workspace.results.fetched import FetchResult
from mixpanel_data.workspace.storage.file import WorkspaceFile
from mixpanel_data.workspace.storage.quoting import quoted

log = logging.getLogger(__name__)

COLUMNS = "distinct_id VARCHAR, properties JSON USING COMPRESSION zstd, last_seen TIMESTAMP"
"""The columns of a table of profiles; `last_seen` is in UTC."""

# A later page can have a user of an earlier one again, if profiles changed meanwhile: the later one counts.
_DELETE = "DELETE FROM {table} WHERE distinct_id IN (SELECT unnest(?::VARCHAR[]))"
_INSERT = """
INSERT INTO {table}
SELECT
  distinct_id,
  properties,
  try_cast(json_extract_string(properties, '/$last_seen') AS TIMESTAMP WITH TIME ZONE) AT TIME ZONE 'UTC'
FROM (SELECT unnest(?::VARCHAR[]) AS distinct_id, unnest(?::VARCHAR[])::JSON AS properties)
"""


@dataclass(frozen=True, slots=True)
class _Session:
    """A query that Mixpanel has further pages of, and how many profiles it announced."""

    id: str
    total: int

    def text(self) -> str:
        return json.dumps([self.id, self.total])

    @classmethod
    def of(cls, text: str) -> "_Session":
        session_id, total = json.loads(text)
        return cls(session_id, total)


def fetch_profiles(
    file: WorkspaceFile,
    request: ProfilesRequest,
    *,
    queries: QueryClient,
    project_id: str,
    restart: bool = False,
    progress: Callable[[int], None] | None = None,
) -> FetchResult:
    """Fetch the profiles of the request into its table, and go on with what an earlier call left.

    `progress` gets the number of profiles that are stored so far. Raises TableExistsError before Mixpanel is asked,
    RequestError if another fetch into the table is unfinished, IncompleteExportError if Mixpanel sends fewer profiles
    than it announced, and what the client and the file raise.
    """
    started = time.monotonic()
    origin = Origin("profiles", project_id, None, request.filter)
    with only_fetch_into(file), file.writing_often():
        begun = _begun(file, request, origin, restart=restart)
        try:
            begun = _all_pages(file, request, origin, queries, begun, progress)
        except IncompleteExportError:
            # The pages so far no longer belong together: the next call asks for all of them again.
            _begun(file, request, origin, restart=True)
            raise
        return publish(file, begun, origin, merge, started)


def merge(connection: duckdb.DuckDBPyConnection, source: str, target: str) -> None:
    """Add the profiles of one table to another; a user's profile replaces the one that is there, if it differs."""
    # Fingerprints, so that a join of many profiles does not hold their properties.
    connection.execute(
        f"DELETE FROM {target} AS stored"  # noqa: S608 - quoted names
        f" USING (SELECT distinct_id, {fingerprint('properties')} AS content FROM {source}) AS fresh"
        f" WHERE stored.distinct_id = fresh.distinct_id AND {fingerprint('stored.properties')} <> fresh.content"
    )
    connection.execute(
        f"INSERT INTO {target} SELECT fresh.* FROM {source} AS fresh"  # noqa: S608 - quoted names
        f" WHERE NOT EXISTS (SELECT 1 FROM {target} AS stored WHERE stored.distinct_id = fresh.distinct_id)"
    )


def _begun(file: WorkspaceFile, request: ProfilesRequest, origin: Origin, *, restart: bool) -> Begun:
    with file.writing() as connection:
        if request.append:
            check_appendable(connection, request.name, origin)
        identity = request.identity(origin.project_id)
        return state.begin(connection, request.name, identity, COLUMNS, append=request.append, restart=restart)


def _all_pages(
    file: WorkspaceFile,
    request: ProfilesRequest,
    origin: Origin,
    queries: QueryClient,
    begun: Begun,
    progress: Callable[[int], None] | None,
) -> Begun:
    """Fetch and store the pages that are left."""
    if not begun.portions:
        return _from_first_page(file, request, queries, begun, progress)
    session = begun.portions[-1].continues_with
    if session is None:
        return begun
    return _resumed(file, request, origin, queries, begun, _Session.of(session), progress)


def _resumed(
    file: WorkspaceFile,
    request: ProfilesRequest,
    origin: Origin,
    queries: QueryClient,
    begun: Begun,
    session: _Session,
    progress: Callable[[int], None] | None,
) -> Begun:
    """Go on with the session of an earlier call, or from the first page if Mixpanel has forgotten it."""
    try:
        return _further_pages(file, request, queries, begun, session, progress)
    except PlanError:
        raise
    except QueryError as error:
        log.warning("starting again from the first page: %s", error)
        return _from_first_page(file, request, queries, _begun(file, request, origin, restart=True), progress)


def _from_first_page(
    file: WorkspaceFile,
    request: ProfilesRequest,
    queries: QueryClient,
    begun: Begun,
    progress: Callable[[int], None] | None,
) -> Begun:
    page = _page(queries, request, None, 0)
    session = _Session(page.session_id, page.total)
    begun = _stored(file, begun, page, session, progress)
    return _further_pages(file, request, queries, begun, session, progress)


def _further_pages(
    file: WorkspaceFile,
    request: ProfilesRequest,
    queries: QueryClient,
    begun: Begun,
    session: _Session,
    progress: Callable[[int], None] | None,
) -> Begun:
    """Fetch and store pages until one is not full."""
    while begun.portions[-1].continues_with is not None:
        page = _page(queries, request, session.id, len(begun.portions))
        begun = _stored(file, begun, page, session, progress)
    return begun


def _page(queries: QueryClient, request: ProfilesRequest, session_id: str | None, number: int) -> EngagePage:
    return queries.engage(
        where=request.where,
        cohort_id=request.cohort_id,
        output_properties=request.output_properties,
        session_id=session_id,
        page=number,
    )


def _stored(
    file: WorkspaceFile, begun: Begun, page: EngagePage, session: _Session, progress: Callable[[int], None] | None
) -> Begun:
    """Store a page, and note the session if there can be another one."""
    profiles = _by_id(page.profiles)
    number = len(begun.portions) + 1
    has_more = bool(page.session_id or session.id) and 0 < page.page_size <= len(page.profiles)
    rejected = sum(1 for profile in page.profiles if _id_of(profile) is None)
    portion = Portion(number, None, None, len(page.profiles) - rejected, rejected, session.text() if has_more else None)
    table = f"workspace.main.{quoted(begun.unfinished_table)}"
    with file.writing() as connection:
        ids, texts = list(profiles), list(profiles.values())
        ((known,),) = connection.execute(_DELETE.format(table=table), [ids]).fetchall()
        if has_more and ids and known == len(ids):
            raise IncompleteExportError(
                f"Page {number} of Mixpanel's profiles has only profiles of the pages before it. Nothing of them is "
                "visible; fetch them again."
            )
        connection.execute(_INSERT.format(table=table), [ids, texts])
        if not has_more:
            rejected += sum(each.rejected for each in begun.portions)
            _check_total(session.total, state.count(connection, table), rejected)
        state.record(connection, begun, portion)
    begun = replace(begun, portions=(*begun.portions, portion))
    count = sum(each.row_count for each in begun.portions)
    if session.total:
        share = min(1.0, count / session.total)
        log.debug("page %d: %s profiles", number, f"{portion.row_count:,}", extra={"share": share})
    if progress is not None:
        progress(count)
    return begun


def _check_total(announced: int, stored: int, rejected: int) -> None:
    """Raise IncompleteExportError for fewer users than announced: a page can repeat users in place of others."""
    if stored + rejected < announced:
        raise IncompleteExportError(
            f"Mixpanel announced {announced:,} profiles and sent those of {stored + rejected:,} users: profiles "
            "changed meanwhile. Nothing of them is visible; fetch them again."
        )


def _by_id(profiles: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The properties as JSON, by the user's id; of two profiles of one user the later."""
    found: dict[str, str] = {}
    for profile in profiles:
        distinct_id = _id_of(profile)
        if distinct_id is not None:
            found[distinct_id] = _storable(_json(profile.get("$properties") or {}))
    return found


def _json(properties: Any) -> str:
    """The properties as JSON, with null for NaN and infinity."""
    try:
        return json.dumps(properties, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(properties, ensure_ascii=False)
        return json.dumps(json.loads(text, parse_constant=lambda _: None), ensure_ascii=False)


def _storable(text: str) -> str:
    """The text with a question mark for each half of a UTF-16 pair, which has no bytes in UTF-8."""
    return text.encode(errors="replace").decode()


def _id_of(profile: Mapping[str, Any]) -> str | None:
    """The user's id as text, None if there is none. Mixpanel sends some ids as numbers."""
    value = profile.get("$distinct_id")
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        return None
    return _storable(str(value))
