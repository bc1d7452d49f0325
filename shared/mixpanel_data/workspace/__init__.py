"""The analyst's desk: `Workspace`, with what it fetches, asks and keeps in one DuckDB file."""
