"""A stand-in for Mixpanel on this machine: exports, queries, profiles, merges and the Lexicon, with their failures.

`with StandInMixpanel(folder) as mixpanel:` serves a folder of events at `mixpanel.url`. Tests queue faults in
`mixpanel.faults` (exports), `mixpanel.queries.faults`, `mixpanel.profile_faults` (updates of profiles),
`mixpanel.import_faults` (merges) and `mixpanel.lexicon_faults`, and read the requests in `mixpanel.calls`. `Behaviour`
has everything that varies between projects, `mixpanel.queries` the quotas of queries and what people saved.
"""

from mixpanel_data_standins.mixpanel import faults
from mixpanel_data_standins.mixpanel.access import Access
from mixpanel_data_standins.mixpanel.project import Behaviour
from mixpanel_data_standins.mixpanel.quotas import Quotas
from mixpanel_data_standins.mixpanel.server import StandInMixpanel

__all__ = ["Access", "Behaviour", "Quotas", "StandInMixpanel", "faults"]
