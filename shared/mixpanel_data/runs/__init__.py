"""Running, publishing and repeating, the same for every job; nothing else writes `job_runs`.

A **run** is one execution of a job. Its own row of `job_runs` has part 0 and says `running`, then `ok` or `failed`;
`begin` writes it before and after the work. A run that is killed leaves `running` behind, which nobody needs to clean
up: only its parts say what it published. A run that finds nothing to do before it begins is one row at once, by
`record_whole`.

A **part** is one piece of a run's work: a group of days, or everything at once. `publish` makes a part's effect and
its own row of `job_runs` (part 1 and up) visible in one transaction, so whoever sees the row sees the effect, and a
run that dies has published each part whole or not at all. A part that changes no table is only noted: `note` keeps it
until the next publication or the end of the run, because on BigQuery every transaction is billed.

The **guard** is the job's row of `job_locks`. Every transaction between a run's start and its end begins by changing
it, because on neither engine do two transactions conflict that only insert: with the guard, one of them fails and
starts again from its staged data. It counts them, so that a run that has compared the tables publishes only into the
state that it compared. A run that must be alone takes the job's lease, another column of that row, with `exclusive`;
the guard then also fails a run whose lease another run has taken over. Jobs whose runs can overlap, such as the
collector, take no lease.

A **repeat** is a run over the same `request`. It does the work again and changes nothing that is right already.
Within a day it can also take over from an unfinished run: `published_windows` says which parts need no second time.

The **origin** is what the state of a dataset is made of: a Mixpanel project, and the table of its events. The first
publication of a job records it in the guard; a run of another origin is refused before it begins, and if the origin
changes while it runs, by the guard. `begin_anew` gives the state of all jobs to another origin.

The **zone** is the time zone in which the runs of a job read the clock of events. `begin` records it in the guard, and
up to when stored events may have a time of the one before; the guard then fails runs that still read in that one.

`read_opening` asks for all that the guards say at once. `check_daily_bytes` asks what was billed today.
"""

from mixpanel_data.base.errors import StateMovedError
from mixpanel_data.runs.ceiling import SHARE_OF_WHAT_CAN_WAIT, check_daily_bytes
from mixpanel_data.runs.exclusive import exclusive
from mixpanel_data.runs.history import adopt_figures, check_job, newest, published_windows, recent
from mixpanel_data.runs.opening import (
    Opening,
    check_opening,
    check_origin,
    opening_of,
    opening_of_guards,
    other_origin,
    read_opening,
)
from mixpanel_data.runs.origin import UNKNOWN_ORIGIN, Origin, begin_anew
from mixpanel_data.runs.publishing import NO_SEQ, note, publish, write
from mixpanel_data.runs.recording import begin, record_whole
from mixpanel_data.runs.run import Run

__all__ = [
    "NO_SEQ",
    "SHARE_OF_WHAT_CAN_WAIT",
    "UNKNOWN_ORIGIN",
    "Opening",
    "Origin",
    "Run",
    "StateMovedError",
    "adopt_figures",
    "begin",
    "begin_anew",
    "check_daily_bytes",
    "check_job",
    "check_opening",
    "check_origin",
    "exclusive",
    "newest",
    "note",
    "opening_of",
    "opening_of_guards",
    "other_origin",
    "publish",
    "published_windows",
    "read_opening",
    "recent",
    "record_whole",
    "write",
]
