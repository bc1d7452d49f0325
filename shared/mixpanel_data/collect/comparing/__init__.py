"""What a part changes: its lines compared with the stored events, the narrow columns first and only where they differ.

1. `incoming` has the lines as rows. A line that is stored as it is, by three narrow columns of the days where it
   should be, is known: it needs no id, and nothing more is read of it.
2. The keys of the others tell which of them are new, mostly all, which are stored as they are on other days, and which
   days have stored copies that may be others.
3. Only on those days `changes` has to be confirmed by the ids.

All of it happens before the transaction that publishes it, whose guard fails if another run has published since.
"""

from mixpanel_data.collect.comparing.comparison import Changes, Lines, compare

__all__ = ["Changes", "Lines", "compare"]
