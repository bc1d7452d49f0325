"""The project's events: stored by day, compressed, and served as the bytes they came in.

`store` keeps the events of a project, `sorting` sorts incoming lines into its segments, `pieces` joins segments into
one body, `lines` reads and rewrites single lines, `files` reads the files that events come from.
"""
