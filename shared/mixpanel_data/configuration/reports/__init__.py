"""What a report asks for: conditions, steps, segments and the definition of each report, equal in Python and JSON.

Every shape is frozen and refuses what it does not know, naming entry and field. `saved` has the named ones of
`config/reports.json` and `config/segments.json`, and the version of a definition.
"""
