"""Which properties of events tell something of a user."""

OF_THE_EVENT = ("$insert_id", "distinct_id", "mp_processing_time_ms", "time")
"""These tell an event from others, and nothing of the user."""

EMAILS = ("$email", "email")
"""Where an e-mail stands; the first that a user has is theirs."""
