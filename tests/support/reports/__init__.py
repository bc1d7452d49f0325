"""Mixpanel's reports in plain Python, written from their definitions alone, to compare the library's SQL with.

Each module reads as the definition of its report: clear before fast, for histories of a few thousand events. Where a
rule is Mixpanel's, the docstring tells it in our words and names the page under docs.mixpanel.com; where the pages are
silent, it says "decided". From the library come the definition objects and nothing else.
"""
