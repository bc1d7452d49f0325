"""The notice of breaking changes: a message in the outbox, which the detector's next run brings to Slack.

A change is announced once: earlier notices record that, so it is not announced again when it is retracted and then
restored. `planning` finds the changes to announce, `wording` describes them.
"""

from mixpanel_data.registry.notices.planning import Reader, parameters, planned, statements

__all__ = ["Reader", "parameters", "planned", "statements"]
