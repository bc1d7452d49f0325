"""Counts over time: `/events`, the properties of events, `/segmentation`, and saved Insights reports."""
