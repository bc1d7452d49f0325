"""What the observations say: how each event and property stands, and what changed when.

The verdicts are pure functions of the observations up to a day, and of the tracking plan. They look at the days in
their order and never take a decision back, so that a later day adds to the changes and moves none. `reading` brings the
observations, and of the properties only those of which there can be something to say.
"""
