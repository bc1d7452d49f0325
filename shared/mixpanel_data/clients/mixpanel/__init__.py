"""The Mixpanel client: the raw export, and user profiles.

`Mixpanel` and `Profiles` hold credentials and connections and serve any number of calls; `within(deadline)` returns
what one call works with. Importing this package does not import ISA-L, the library that inflates exports.
"""

from mixpanel_data.clients.mixpanel.client import Mixpanel, MixpanelCall
from mixpanel_data.clients.mixpanel.credentials import Credentials
from mixpanel_data.clients.mixpanel.errors import is_later_than_today
from mixpanel_data.clients.mixpanel.export import ExportQuery, ExportStream
from mixpanel_data.clients.mixpanel.lines import UnsafeBytesError
from mixpanel_data.clients.mixpanel.profiles import Profiles
from mixpanel_data.clients.mixpanel.region import Region

__all__ = [
    "Credentials",
    "ExportQuery",
    "ExportStream",
    "Mixpanel",
    "MixpanelCall",
    "Profiles",
    "Region",
    "UnsafeBytesError",
    "is_later_than_today",
]
