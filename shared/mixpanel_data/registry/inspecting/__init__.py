"""The events themselves, for somebody who wants to see what the registry saw: redacted, with what breaks the plan.

The newest payloads of an event, those that arrive from now on, and the exported lines that are not events.
"""

from mixpanel_data.registry.inspecting.payloads import Inspector, Payload
from mixpanel_data.registry.inspecting.rejected import RejectedLine, rejected

__all__ = ["Inspector", "Payload", "RejectedLine", "rejected"]
