"""The detector's SQL, with the types of its parameters."""

from mixpanel_data.warehouse.statements import Statement, statement

_NAMES = {"names": "ARRAY<STRING>", "names_are_wanted": "BOOL"}
_SPAN = {"start": "TIMESTAMP", "end": "TIMESTAMP"}

PROGRESS = statement("detect/progress.sql", job="STRING", as_of="TIMESTAMP", since="TIMESTAMP")
ARRIVED = statement("detect/arrived.sql", since="TIMESTAMP", as_of="TIMESTAMP", handled_seq="INT64")
NAMES = statement("detect/names.sql", **_SPAN, **_NAMES)
PACKED_MINUTES = statement("detect/packed_minutes.sql", **_SPAN, **_NAMES)
PACKED_MINUTES_AS_OF = statement("detect/packed_minutes_as_of.sql", as_of="TIMESTAMP", **_SPAN, **_NAMES)
BASELINES = statement("detect/baselines.sql")
INCIDENTS = statement("detect/incidents.sql", since="TIMESTAMP", as_of="TIMESTAMP")
INCIDENTS_OF = statement("detect/incidents_of.sql", incident_ids="ARRAY<STRING>")
MESSAGES = statement("detect/messages.sql", since="TIMESTAMP", incident_ids="ARRAY<STRING>")
MESSAGE = statement("detect/message.sql", message_key="STRING")
JOB_AGES = statement("detect/job_ages.sql", since="TIMESTAMP")
MUTES = statement("detect/mutes.sql", as_of="TIMESTAMP")
INSERT_MUTE = statement(
    "detect/insert_mute.sql", event_name="STRING", muted_from="TIMESTAMP", muted_to="TIMESTAMP", reason="STRING"
)

_BY_RUN = {"run_id": "STRING", "as_of": "TIMESTAMP"}

LEARN: tuple[Statement, ...] = (
    statement("detect/given_baselines.sql", creates="given_baselines", baselines="ARRAY<STRING>"),
    statement("detect/update_baselines.sql", learned_until="TIMESTAMP", as_of="TIMESTAMP"),
    statement("detect/insert_baselines.sql", learned_until="TIMESTAMP", as_of="TIMESTAMP"),
)
"""What stores learned baselines, in one transaction."""

_KEEP_INCIDENTS: tuple[Statement, ...] = (
    statement("detect/given_incidents.sql", creates="given_incidents", incidents="ARRAY<STRING>"),
    statement("detect/update_incidents.sql", **_BY_RUN),
    statement("detect/insert_incidents.sql", **_BY_RUN),
)
_GIVEN_MESSAGES = statement("detect/given_messages.sql", creates="given_messages", messages="ARRAY<STRING>")
_SUPERSEDE_MESSAGES = statement("detect/supersede_messages.sql")
_INSERT_MESSAGES = statement("detect/insert_messages.sql")


def deciding(*, has_incidents: bool, has_messages: bool) -> tuple[Statement, ...]:
    """What makes a run's decisions last, in one transaction and this order.

    Most runs find nothing: they pay for no statement about it.
    """
    incidents = _KEEP_INCIDENTS if has_incidents else ()
    messages = (_GIVEN_MESSAGES, _SUPERSEDE_MESSAGES, _INSERT_MESSAGES) if has_messages else ()
    return (*incidents, *messages)


SET_MESSAGE: tuple[Statement, ...] = (
    statement(
        "detect/set_message.sql",
        message_key="STRING",
        state="STRING",
        now="TIMESTAMP",
        slack_channel="STRING",
        slack_ts="STRING",
        error="STRING",
    ),
)
"""What records a message's fate."""


def giving_up(*, has_notice: bool) -> tuple[Statement, ...]:
    """What records that a message cannot be delivered, with the notice of it where one is due."""
    return (*SET_MESSAGE, _GIVEN_MESSAGES, _INSERT_MESSAGES) if has_notice else SET_MESSAGE
