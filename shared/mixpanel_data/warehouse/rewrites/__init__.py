"""GoogleSQL that sqlglot makes wrong, slow or not at all for DuckDB, a module for each kind; `dialect` applies them."""
