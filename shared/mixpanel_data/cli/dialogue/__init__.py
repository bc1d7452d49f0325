"""Questions on a terminal: one by one, with what is set as the default, and again where an answer is wrong."""

SECONDS = 60.0
"""How long trying one answer may take."""
