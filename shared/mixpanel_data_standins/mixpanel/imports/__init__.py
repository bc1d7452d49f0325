"""The merges of ids (`merges`), and `POST /import`, which takes them (`endpoint`)."""
