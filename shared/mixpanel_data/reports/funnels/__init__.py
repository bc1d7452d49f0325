"""Funnels: how many users get from step to step, and how long they take."""
