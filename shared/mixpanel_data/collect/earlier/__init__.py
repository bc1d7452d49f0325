"""What earlier runs of the collector have done, and where that leaves a new one."""

from mixpanel_data.collect.earlier.history import History, read_history
from mixpanel_data.collect.earlier.progress import Progress, from_milliseconds

__all__ = ["History", "Progress", "from_milliseconds", "read_history"]
