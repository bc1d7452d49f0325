"""The client of Mixpanel: what goes over its wire, and what its answers mean."""

from mixpanel_data.mixpanel.client import Credentials, Mixpanel, Region
from mixpanel_data.mixpanel.export import ExportQuery, ExportStream
from mixpanel_data.mixpanel.lines import UnsafeBytesError

__all__ = ["Credentials", "ExportQuery", "ExportStream", "Mixpanel", "Region", "UnsafeBytesError"]
