"""`GET /api/2.0/export`: the raw events of a range of days, one JSON object per line.

`query` reads the parameters, `rows` selects and rewrites the lines, `endpoint` answers the call.
"""
