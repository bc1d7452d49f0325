"""The demonstration: states of a few clusters that can be set in any order, with sample events around them.

A state lists clusters, each as its ids in a chain: every id is linked with the next by a link of the source
`demonstration`, an id alone with itself. Setting a state splits the links that it lacks and takes back those that it
has; what other sources link stays as it is.
"""

from mixpanel_data.identity.demonstration.samples import add_samples, delete_samples
from mixpanel_data.identity.demonstration.states import decisions_for, named_state, states_of

__all__ = ["add_samples", "decisions_for", "delete_samples", "named_state", "states_of"]
