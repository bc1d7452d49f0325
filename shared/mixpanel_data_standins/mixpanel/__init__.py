"""A stand-in for Mixpanel on this machine: the raw export and updates of profiles, as they answer and as they fail.

`with StandInMixpanel(folder) as mixpanel:` serves a folder at `mixpanel.url`; `mixpanel.faults` is what goes
wrong with the next exports, `mixpanel.profile_faults` with the next updates, `mixpanel.calls` what was asked.
Whether and how things vary: `Behaviour`.
"""

from mixpanel_data_standins.mixpanel import faults
from mixpanel_data_standins.mixpanel.access import Access
from mixpanel_data_standins.mixpanel.project import Behaviour
from mixpanel_data_standins.mixpanel.quotas import Quotas
from mixpanel_data_standins.mixpanel.server import StandInMixpanel

__all__ = ["Access", "Behaviour", "Quotas", "StandInMixpanel", "faults"]
