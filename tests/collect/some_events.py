"""A week of events, for tests of the collector that care about what happens to them and not about which they are."""

import itertools

from support.export_lines import event

WEEK = ("2040-03-08", "2040-03-15")


def many(days: int = 7, each: int = 6) -> list[bytes]:
    """Events of several people on several days, each with its own insert id."""
    return [
        event(name, f"2040-03-{8 + day:02d} {number:02d}:0{number}:0{number}", person, f"m{day}-{number}-{name[0]}")
        for day in range(days)
        for number, (name, person) in enumerate(
            itertools.islice(itertools.cycle([("Purchase", "ann"), ("Signup", "bob"), ("Purchase", "eve")]), each)
        )
    ]
