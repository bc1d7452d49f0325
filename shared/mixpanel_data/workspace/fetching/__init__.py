"""Fetches: from Mixpanel into a table that appears when all of it is there; a repeat goes on where a fetch was cut off.

What a fetch has so far is in the table `_fetch_<name>`; `_fetches` and `_fetches_portions` say what it asks for and how
far it is. Each portion is stored together with its row of `_fetches_portions`, in one transaction.
"""
