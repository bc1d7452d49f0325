"""Tables as files: parquet, JSONL or CSV, events in one file a day, in a folder or a bucket.

`request` checks a call, `choosing` finds where the rows come from and where the files go. `sources` and
`warehouse_events` read rows, `formats` writes a file, `folders` keeps files whole, `manifest` remembers what they hold,
and `exporter` brings all of it together.
"""
