"""The evidence of changes: counts before and after, bad events, and the version of the program that they began with.

It is a function of the events alone: of the 30 days before a change, and of its first three days, up to the day of the
judgement. So it is looked up when a change is found, and again when the events of one of these days changed; by
version, observations would multiply.
"""

from mixpanel_data.registry.evidence.looking_up import look_up
from mixpanel_data.registry.evidence.subject import Subject

__all__ = ["Subject", "look_up"]
