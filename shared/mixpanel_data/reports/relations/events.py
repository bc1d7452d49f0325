"""The relation `events` that every report's statement begins with, and the users whose events they are."""

from collections.abc import Collection, Iterable

from mixpanel_data.configuration.reports.choices import By
from mixpanel_data.configuration.reports.steps import Step
from mixpanel_data.reports.relations.parameters import Parameters
from mixpanel_data.reports.relations.sources import Source
from mixpanel_data.reports.relations.windows import Window

CLUSTERS = """clusters AS (
    SELECT id, graph.cluster_id
    FROM current_identity_graph AS graph
    CROSS JOIN UNNEST(graph.ids) AS id
  )"""
"""A common table expression: one row per id that is in a cluster."""


def names_in(steps: Iterable[Step]) -> list[str] | None:
    """The names of all events that can fit one of the steps; None if any name can."""
    each = [step.events for step in steps]
    return None if () in each else sorted({name for names in each for name in names})


def events_of(
    source: Source,
    by: By,
    window: Window,
    parameters: Parameters,
    *,
    names: Collection[str] | None = None,
    users: str | None = None,
    ids: Collection[str] | None = None,
) -> str:
    """A SELECT of one row per event in the window, in any order.

    user_id STRING (NULL for nobody's event), micros INT64 (of its time, since 1970 in UTC), event_id STRING, event_name
    STRING, properties JSON, distinct_id STRING. A row without an event's name is left out. With `by` cluster it reads
    the relation `clusters`. `names` leaves out events of other names, `ids` those of other distinct ids; `users` names
    a relation of user ids, and leaves out all other users' and nobody's events.
    """
    is_clustered = by is By.CLUSTER
    user = user_of("source.distinct_id") if not is_clustered else _clustered("source.distinct_id")
    join = "\n    LEFT JOIN clusters ON clusters.id = source.distinct_id" if is_clustered else ""
    filters = _within(source, window, parameters)
    if names is not None:
        filters.append(f"source.event_name IN UNNEST({parameters.add('ARRAY<STRING>', sorted(names))})")
    elif source.undeclared:
        # Only a table that is not ours can have rows without a name.
        filters.append("source.event_name IS NOT NULL")
    if ids is not None:
        filters.append(f"source.distinct_id IN UNNEST({parameters.add('ARRAY<STRING>', list(ids))})")
    if users is not None:
        filters.append(f"{user} IN (SELECT user_id FROM {users})")  # noqa: S608 - a name of ours
    properties = "SAFE.PARSE_JSON(source.properties)" if source.is_text else "source.properties"
    # Names of columns that are declared or checked, and parameters.
    return f"""SELECT
      {user} AS user_id,
      {_micros(source)} AS micros,
      source.{source.identity} AS event_id,
      source.event_name,
      {properties} AS properties,
      source.distinct_id
    FROM {source.relation} AS source{join}
    WHERE {" AND ".join(filters)}"""  # noqa: S608


def _micros(source: Source) -> str:
    if source.is_datetime:
        return f"DATETIME_DIFF(source.{source.time}, DATETIME '1970-01-01 00:00:00', MICROSECOND)"
    return f"UNIX_MICROS(source.{source.time})"


def _within(source: Source, window: Window, parameters: Parameters) -> list[str]:
    bounds = [parameters.add("TIMESTAMP", instant) for instant in (window.start, window.end)]
    start, end = (f"DATETIME({bound}, 'UTC')" if source.is_datetime else bound for bound in bounds)
    return [f"source.{source.time} >= {start}", f"source.{source.time} < {end}"]


def user_of(identity: str) -> str:
    """The user of an id; an empty one is nobody's."""
    return f"NULLIF({identity}, '')"


def _clustered(identity: str) -> str:
    return f"COALESCE(clusters.cluster_id, {user_of(identity)})"
