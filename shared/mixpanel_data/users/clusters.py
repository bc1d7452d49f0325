"""The clusters that ids count for: those of the identity graph, by what changed of it since the last run."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mixpanel_data import runs
from mixpanel_data.configuration.user_metrics import By
from mixpanel_data.users.state import State
from mixpanel_data.users.statements import (
    ALL_CLUSTERED,
    ALL_DAYS,
    COUNT_MOVED,
    COUNT_MOVES,
    FOLLOWED,
    MEMBERS_SUMMARY,
    MOVED_IDS,
    MOVED_MEMBERS,
    MOVED_SINCE,
)
from mixpanel_data.users.sync_run import SyncRun
from mixpanel_data.warehouse.base import Staging
from mixpanel_data.warehouse.statements import Statement

log = logging.getLogger(__name__)

# Before every member.
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Position:
    """How far identity_members was followed: everything that began or ended up to `up_to`, with its `checksum`.

    `up_to` is None where ids count by something else: by user, or by a current_identity_graph without members.
    """

    up_to: datetime | None = None
    checksum: str = ""


@dataclass(frozen=True, slots=True)
class _Step:
    """How a run follows: the query that finds the ids that moved, its parameters, and the position that it leads to."""

    moved: Statement
    parameters: Mapping[str, Any]
    position: _Position


def are_followed(sync: SyncRun, state: State) -> bool:
    """Whether ids count for the clusters that they are in; False also where only a comparison of all ids would tell."""
    if sync.config.by is By.CLUSTER:
        return _next_step(sync, _last_position(sync)[1]) is None
    return not state.is_clustered


def follow(sync: SyncRun, targets: Sequence[str]) -> Mapping[str, Any]:
    """Make ids count for the clusters that they are in now, and queue the totals that change for `targets`.

    A run compares the ids that came to a cluster or left one since the last run. It compares all ids if what the last
    run followed is no longer what it was, because a row came late, was rewritten or is gone; if totals were kept by
    user until now; and if identity_members is empty, because people may fill current_identity_graph themselves.
    Returns the figures of the published part; none if there was nothing to publish.
    """
    number, known = _last_position(sync)
    step = _next_step(sync, known)
    if step is None:
        return {}
    with closing(sync.warehouse.staging(sync.run.run_id, sync.run.parts + 1)) as staging:
        staging.materialise(step.moved, **step.parameters)
        (moved,) = staging.rows(COUNT_MOVED)
        if not moved["ids"] and step.position == known:
            return {}
        figures = _publish(sync, staging, targets, number + 1, step.position, is_any_moved=moved["ids"] > 0)
    if moved["ids"]:
        log.info("%s ids moved to another cluster", f"{moved['ids']:,}")
    return figures


def _publish(
    sync: SyncRun, staging: Staging, targets: Sequence[str], number: int, position: _Position, *, is_any_moved: bool
) -> Mapping[str, Any]:
    """Publish the staged moves, if there are any, with the position that the next run follows from."""
    if not is_any_moved:
        figures = {"position_number": number, "members_checksum": position.checksum}
        return runs.publish(sync.run, (), window=sync.run.window, figures=figures, watermark=position.up_to)
    staging.materialise(sync.statements.moved_keys())
    return runs.publish(
        sync.run,
        sync.statements.publish_moves(has_targets=bool(targets)),
        window=sync.run.window,
        figures=COUNT_MOVES,
        staging=staging,
        watermark=position.up_to,
        targets=list(targets),
        **ALL_DAYS,
        position_number=number,
        checksum=position.checksum,
    )


def _last_position(sync: SyncRun) -> tuple[int, _Position]:
    """The position that the last run noted, and its number; no position before the first."""
    for row in sync.warehouse.rows(FOLLOWED, job=sync.run.job):
        return row["position_number"], _Position(row["watermark"], row["checksum"])
    return 0, _Position()


def _next_step(sync: SyncRun, known: _Position) -> _Step | None:
    """How to follow from a position; None if nothing has changed since."""
    if sync.config.by is not By.CLUSTER:
        return _Step(ALL_CLUSTERED, {}, _Position())
    # Summed up before the members are compared: what comes in between is compared, and once more by the next run.
    (members,) = sync.warehouse.rows(MEMBERS_SUMMARY, up_to=known.up_to or _NEVER)
    if not members["members"]:
        return _Step(MOVED_IDS, {}, _Position())
    reached = _Position(members["newest"], members["checksum"])
    if reached == known:
        return None
    if known.up_to is not None and members["checksum_up_to"] == known.checksum:
        return _Step(MOVED_SINCE, {"up_to": known.up_to}, reached)
    return _Step(MOVED_MEMBERS, {}, reached)
