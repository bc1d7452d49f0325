"""Incidents: from the scores of minutes to events whose volume is abnormal, from their first window until it is quiet.

For `findings`, which judges with them, and everything above that reads incidents.

- `incident`: the shapes, and how long quiet ends an incident.
- `watched`: the events that are watched, each with its configuration and channel; `mutes`: when nobody hears of one.
- `rules`: the windows in which a threshold, the baseline or silence finds an event abnormal; `episodes`: those windows
  put together where no quiet lies between them.
- `decisions`: which incidents open, go on, come back or end. Pure.
- `whole`: which of them belong to an incident of all events together, which is told in their place. Pure.
- `alerts_table`: incidents as rows of `alerts`.
"""
