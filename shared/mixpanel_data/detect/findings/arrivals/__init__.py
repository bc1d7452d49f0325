"""Arrivals: how late events were, learned from what arrived in the last days.

For `delays`, which keeps what is learned.

- `export_lag`: how long after Mixpanel stored an event its exports show it.
- `shares`: the share of a minute's events that has arrived, by the minute's age.
- `learning`: both, from the warehouse.
"""
