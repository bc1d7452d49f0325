"""Days with so few events that no job waits to read them again."""

SMALL_DAY = 20_000
"""Up to so many events, reading a day again costs next to nothing: 17 MB, where BigQuery bills 10 MB at least."""
