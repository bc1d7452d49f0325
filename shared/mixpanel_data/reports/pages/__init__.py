"""An answer as one page: it needs no script, makes no request, and has the charts, the tables and the data."""
