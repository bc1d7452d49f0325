"""What events break of the tracking plan, counted and kept with the observations; nothing is blocked.

A part's observations tell exactly which rules nobody broke, so that events are read again only for the others. What is
below a property is checked in the sample of the part, everything else in all events.
"""

from mixpanel_data.registry.validating.violations import stage

__all__ = ["stage"]
