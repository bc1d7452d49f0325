"""Mixpanel's events in a warehouse, exactly once, and what can be known from them."""
