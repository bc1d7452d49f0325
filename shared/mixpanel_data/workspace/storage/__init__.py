"""The workspace's DuckDB file: which one it is, how it is opened for reading and writing, and its errors."""
