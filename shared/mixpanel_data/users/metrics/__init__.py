"""The metrics of a configuration: as it defines them, and as the statements of the user sync need them.

`definitions`: what the last run applied, and what changed since. `named`: columns, parameters and names in statements.
"""

from mixpanel_data.users.metrics.named import Metrics, events_named, metrics_of

__all__ = ["Metrics", "events_named", "metrics_of"]
