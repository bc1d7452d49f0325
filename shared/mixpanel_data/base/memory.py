"""How much of the machine's memory a person's own work may take."""

import os

_MOST_MEGABYTES = 4_000


def half_of_memory() -> str:
    """Half of the machine's memory, but no more than 4 GB, as DUCKDB_MEMORY_LIMIT has it, such as 2500MB."""
    megabytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2_000_000
    return f"{min(megabytes, _MOST_MEGABYTES)}MB"
