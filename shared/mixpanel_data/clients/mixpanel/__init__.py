"""The client of Mixpanel: what goes over its wire, and what its answers mean."""

from mixpanel_data.clients.mixpanel.client import Credentials, Mixpanel
from mixpanel_data.clients.mixpanel.export import ExportQuery, ExportStream
from mixpanel_data.clients.mixpanel.lines import UnsafeBytesError
from mixpanel_data.clients.mixpanel.profiles import Profiles
from mixpanel_data.clients.mixpanel.transport import Region

__all__ = ["Credentials", "ExportQuery", "ExportStream", "Mixpanel", "Profiles", "Region", "UnsafeBytesError"]
