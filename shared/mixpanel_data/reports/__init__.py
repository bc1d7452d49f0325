"""Mixpanel's reports over stored events: the same definitions, without a quota.

A report is a definition (`configuration.reports`) that becomes one statement over a table of events, whose rows become
an answer. `relations` has what all statements are made of.
"""
