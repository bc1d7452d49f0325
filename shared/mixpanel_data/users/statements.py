"""The SQL of the user sync with the types of its parameters; what names metrics is rendered for a configuration.

Golden files of the rendered statements stand in tests/users/golden: read them beside the templates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mixpanel_data.users.metrics import Metrics
from mixpanel_data.warehouse.statements import Statement, rendered, statement

HISTORY: Mapping[str, Any] = {
    "history_from": datetime(1960, 1, 1, tzinfo=UTC),
    "history_to": datetime(2160, 1, 1, tzinfo=UTC),
}
"""The times that an event may have: a statement always bounds the partition column."""

ALL_DAYS: Mapping[str, Any] = {"dirty_from": HISTORY["history_from"].date(), "dirty_to": HISTORY["history_to"].date()}
"""The same as days, on which the totals of whoever moves to another cluster may stand."""

_BOUNDS = {"days": "ARRAY<DATE>", "first_day": "TIMESTAMP", "end_day": "TIMESTAMP"}
_DIRTY = {"dirty_from": "DATE", "dirty_to": "DATE"}
_RUN = {"run_id": "STRING", "part": "INT64", "started_at": "TIMESTAMP"}
_HISTORY = {"history_from": "TIMESTAMP", "history_to": "TIMESTAMP"}

STATE = rendered(
    "users/state.sql.jinja",
    {"job": "STRING", "recent_from": "TIMESTAMP", "from_day": "DATE", "to_day": "DATE", "names": "ARRAY<STRING>"},
)
NEWEST_SEQ = statement("users/newest_seq.sql")
PENDING_DAYS = statement("users/pending_days.sql", from_day="DATE", to_day="DATE")
EVENTS_OF_DAYS = statement("users/events_of_days.sql", first_day="TIMESTAMP", end_day="TIMESTAMP")
DEFINITIONS = statement("users/definitions.sql")
KNOWN_EVENTS = statement("users/known_events.sql", names="ARRAY<STRING>")
NEWEST_MINUTE = statement("users/newest_minute.sql", event="STRING", **_HISTORY)
KINDS_OF_VALUES = statement(
    "users/kinds_of_values.sql",
    property="STRING",
    event="STRING",
    first_day="TIMESTAMP",
    end_day="TIMESTAMP",
    most="INT64",
)
FOLLOWED = statement("users/followed.sql", job="STRING")
MEMBERS_SUMMARY = statement("users/members_summary.sql", up_to="TIMESTAMP")
MOVED_IDS = statement("users/moved_ids.sql", creates="moved_ids")
ALL_CLUSTERED = statement("users/all_clustered.sql", creates="moved_ids")
MOVED_MEMBERS = statement("users/moved_members.sql", creates="moved_ids")
MOVED_SINCE = statement("users/moved_since.sql", creates="moved_ids", up_to="TIMESTAMP")
COUNT_MOVED = statement("users/count_moved.sql")
COUNT_CHANGES = statement("users/count_changes.sql")
COUNT_DAYS = statement("users/count_days.sql", creates="part_figures", days="ARRAY<DATE>")
COUNT_USERS = statement("users/count_users.sql", days="ARRAY<DATE>")
COUNT_MOVES = statement("users/count_moves.sql", creates="part_figures", position_number="INT64", checksum="STRING")

QUEUE_ALL = statement("users/queue_all.sql", all_for="ARRAY<STRING>", **_RUN)
QUEUE_MISSING = statement("users/queue_missing.sql", target="STRING", missing="ARRAY<STRING>", **_RUN)
TARGET_HOLDING = statement("users/target_holding.sql", definition_name="STRING")
NOTE_HOLDING = statement("users/note_holding.sql", definition_name="STRING", place="STRING", rows="INT64")
COUNT_DELIVERED = statement("users/count_delivered.sql", target="STRING")
DELIVERED = statement("users/delivered.sql", target="STRING", after="STRING", most="INT64")

MARK_ARRIVALS = statement(
    "users/mark_arrivals.sql",
    handled_seq="INT64",
    newest_seq="INT64",
    arrived_from="TIMESTAMP",
    started_at="TIMESTAMP",
)
MARK_DAYS = statement("users/mark_days.sql", days="ARRAY<DATE>", started_at="TIMESTAMP")
MARK_DAYS_OF_EVENTS = statement(
    "users/mark_days_of_events.sql", names="ARRAY<STRING>", is_of_all="BOOL", started_at="TIMESTAMP", **_HISTORY
)
STORE_DEFINITIONS: tuple[Statement, ...] = (
    statement("users/delete_definitions.sql", definition_names="ARRAY<STRING>"),
    statement("users/insert_definitions.sql", definitions="ARRAY<STRING>"),
)
"""Store the definitions that days are marked by."""

_DELETE_DAILY = statement("users/delete_daily.sql", days="ARRAY<DATE>")
_UNQUEUE = statement("users/unqueue.sql", targets="ARRAY<STRING>")
_QUEUE = statement("users/queue.sql", targets="ARRAY<STRING>", **_RUN)
_DELETE_PENDING = statement("users/delete_pending.sql", days="ARRAY<DATE>")
_DELETE_CLUSTERS = statement("users/delete_clusters.sql")
_INSERT_CLUSTERS = statement("users/insert_clusters.sql")

UNSENT = statement("users/unsent.sql", target="STRING", after="STRING", most="INT64")
COUNT_UNSENT = statement("users/count_unsent.sql")
SENT = statement("users/sent.sql", target="STRING", sent="ARRAY<STRING>")
REFUSED = statement("users/refused.sql", target="STRING", refused="ARRAY<STRING>")

TOTALS_OF = statement("users/totals_of.sql", distinct_id="STRING")
DAYS_OF = statement("users/days_of.sql", distinct_id="STRING")

STATEMENTS = (
    _DELETE_DAILY,
    _UNQUEUE,
    _QUEUE,
    _DELETE_PENDING,
    _DELETE_CLUSTERS,
    _INSERT_CLUSTERS,
)


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements that name a configuration's metrics."""

    metrics: Metrics

    def fresh_daily(self) -> Statement:
        return self._of("fresh_daily", creates=True)

    def daily_changes(self) -> Statement:
        return self._of("daily_changes", creates=True)

    def key_changes(self) -> Statement:
        return self._of("key_changes", creates=True)

    def moved_keys(self) -> Statement:
        return self._of("moved_keys", creates="key_changes")

    def publish_days(self, changes: Mapping[str, Any], *, has_targets: bool) -> tuple[Statement, ...]:
        """Publish days: contributions, totals, the queues of targets, and that the days are done.

        `changes` is what COUNT_CHANGES counts: a statement that would change nothing is left out.
        """
        is_any_dirty = changes["dirty_totals"] > 0
        return (
            *((_DELETE_DAILY,) if changes["gone_days"] else ()),
            *((self._of("update_daily"),) if changes["changed_days"] else ()),
            *((self._of("insert_daily"),) if changes["new_days"] else ()),
            self._of("recomputed", creates=True) if is_any_dirty else self._of("none_recomputed", creates="recomputed"),
            *self._publish_totals(has_targets=has_targets),
            _DELETE_PENDING,
        )

    def publish_moves(self, *, has_targets: bool) -> tuple[Statement, ...]:
        """Publish the clusters that ids count for now, and the totals that change with them."""
        return (
            _DELETE_CLUSTERS,
            _INSERT_CLUSTERS,
            self._of("recomputed", creates=True),
            *self._publish_totals(has_targets=has_targets),
        )

    def empty_columns(self, names: Sequence[str]) -> tuple[Statement, ...]:
        """Empty the columns of these metrics in both tables; no statement where none of them has a column."""
        counters = {column.name: "0" for column in self.metrics.counters if column.name in names}
        properties = [column for column in self.metrics.properties if column.name in names]
        versioned = {name: "NULL" for column in properties for name in (column.name, column.version)}
        columns = {**counters, **versioned}
        if not columns:
            return ()
        return tuple(
            rendered(f"users/{name}.sql.jinja", {}, columns=columns) for name in ("empty_totals", "empty_daily")
        )

    def values(self) -> dict[str, Any]:
        """The values of the parameters that come from the configuration."""
        return {parameter.name: parameter.value for parameter in self.metrics.parameters}

    def _publish_totals(self, *, has_targets: bool) -> tuple[Statement, ...]:
        return (
            self._of("totals_changes", creates=True),
            self._of("merge_totals"),
            *((_UNQUEUE, _QUEUE) if has_targets else ()),
        )

    def _of(self, name: str, *, creates: bool | str = False) -> Statement:
        created = name if creates is True else creates or None
        return rendered(f"users/{name}.sql.jinja", self._types(), creates=created, metrics=self.metrics)

    def _types(self) -> Mapping[str, str]:
        own = {parameter.name: parameter.type for parameter in self.metrics.parameters}
        return {**_BOUNDS, **_DIRTY, **_RUN, **own}
