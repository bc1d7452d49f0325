"""The options of `mp cost` that describe a workload, and its price."""

from typing import Annotated

import typer

USD_PER_TIB = 6.25
# Far above what there is, and far below what arithmetic cannot do.
_MOST_EVENTS, _MOST_USD = 10**12, 1000

EventsOption = Annotated[
    float | None, typer.Option("--events-per-day", metavar="N", min=1, max=_MOST_EVENTS, help="Events a day.")
]
FromWarehouseOption = Annotated[
    bool,
    typer.Option(
        "--from-warehouse",
        help="Measure the workload in your tables, over up to 28 days; the options below win over it.",
    ),
]
LateOption = Annotated[
    float | None,
    typer.Option(
        "--late", metavar="SHARE", min=0, max=1, help="Events that arrive on a later day than their own; default: 0.05."
    ),
]
LateDaysOption = Annotated[
    int | None,
    typer.Option("--late-days", metavar="N", min=0, help="Over how many earlier days these spread; default: 5."),
]
ResolvedOption = Annotated[
    float | None,
    typer.Option(
        "--resolved",
        metavar="SHARE",
        min=0,
        max=1,
        help="Events that Mixpanel changes later, when it merges ids; default: 0.01.",
    ),
]
RepeatedOption = Annotated[
    float | None,
    typer.Option("--repeated", metavar="SHARE", min=0, max=1, help="Lines that an export has twice; default: 0."),
]
NamesOption = Annotated[
    int | None, typer.Option("--names", metavar="N", min=1, help="Event names a day; default: 200.")
]
UsersPerDayOption = Annotated[
    int | None,
    typer.Option("--users-per-day", metavar="N", min=0, help="Users active on a day; default: one to 20 events."),
]
UsersOption = Annotated[
    int | None, typer.Option("--users", metavar="N", min=0, help="Users in all; default: 20 to each active on a day.")
]
HistoryOption = Annotated[
    int | None, typer.Option("--history-days", metavar="N", min=1, help="Days of events that are stored; default: 365.")
]
UsdOption = Annotated[
    float,
    typer.Option(
        "--usd-per-tib", metavar="USD", min=0, max=_MOST_USD, help="What a TiB costs on demand in your region."
    ),
]
