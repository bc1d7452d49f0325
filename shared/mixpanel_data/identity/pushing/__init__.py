"""Telling a Mixpanel project with original identity which ids belong together: one `$merge` for each pair."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mixpanel_data import runs
from mixpanel_data.base.deadline import Deadline
from mixpanel_data.base.merges import Merge, MergeOutcome
from mixpanel_data.identity.pushing.statements import INSERT_PUSHES, UNPUSHED_PAIRS

log = logging.getLogger(__name__)

# Each reading joins all pairs with all that were sent, so it is done for many batches at a time.
_MOST_PAIRS_READ = 50_000
_MOST_PROBLEMS = 10


class Merges(Protocol):
    """The merges of a Mixpanel project; sending the same merge again changes nothing there."""

    most_merges: int
    """The largest number of merges that one request takes."""

    def send(self, merges: Sequence[Merge]) -> Sequence[MergeOutcome]:
        """Send merges, and return an outcome for each, in their order.

        Raises UnavailableError, AuthenticationError, ConfigError or QueryError. Some or all of the merges may have been
        stored by then; the next push sends all of them again.
        """
        ...


@dataclass(frozen=True, slots=True)
class Pushed:
    """The effect of a push.

    `pushed`: pairs whose merge Mixpanel stored; `refused`: pairs that it refused, of which `problems` has the first
    few with its reason, by the two ids with a blank between them.
    """

    pushed: int = 0
    refused: int = 0
    problems: Mapping[str, str] = field(default_factory=dict)

    def with_outcomes(self, outcomes: Sequence[MergeOutcome]) -> "Pushed":
        """Return the effect together with that of another batch."""
        refusals = {" ".join(one.merge.ids): one.message for one in outcomes if not one.is_stored}
        problems = [*self.problems.items(), *refusals.items()]
        stored = sum(one.is_stored for one in outcomes)
        return Pushed(self.pushed + stored, self.refused + len(outcomes) - stored, dict(problems[:_MOST_PROBLEMS]))


@dataclass(frozen=True, slots=True)
class _Pair:
    link_no: int
    merge: Merge


def push(run: runs.Run, merges: Merges, deadline: Deadline) -> Pushed:
    """Send each pair of two ids that was not sent yet, in the order of their links; the run has to be alone.

    After each request its outcomes are stored in identity_pushes. A push that ends in between sends that request again
    the next time, with the same `$insert_id` and time, and Mixpanel keeps each merge once. A refused pair is stored
    with Mixpanel's reason, and not sent again.

    Raises DeadlineError, and what `merges` and the warehouse raise; what was stored by then stays.
    """
    done = Pushed()
    for pairs in _batches(run, merges.most_merges):
        deadline.check("every pair was sent to Mixpanel")
        outcomes = merges.send([pair.merge for pair in pairs])
        _record(run, pairs, outcomes)
        done = done.with_outcomes(outcomes)
    if done.refused:
        pair, reason = next(iter(done.problems.items()))
        log.error(
            "Mixpanel refused to merge %d pairs, the first one %r: %s. identity_pushes has all of them.",
            done.refused,
            pair,
            reason,
            extra={"event": "identity_merges_refused", "refused": done.refused},
        )
    return done


def _batches(run: runs.Run, most_merges: int) -> Iterator[Sequence[_Pair]]:
    after_link = -1
    while True:
        rows = run.warehouse.rows(UNPUSHED_PAIRS, after_link=after_link, most=_MOST_PAIRS_READ)
        pairs = [_Pair(row["link_no"], Merge((row["id_a"], row["id_b"]), row["merged_at"])) for row in rows]
        for start in range(0, len(pairs), most_merges):
            yield pairs[start : start + most_merges]
        if len(pairs) < _MOST_PAIRS_READ:
            return
        after_link = pairs[-1].link_no


def _record(run: runs.Run, pairs: Sequence[_Pair], outcomes: Sequence[MergeOutcome]) -> None:
    entries = [_entry(pair, outcome) for pair, outcome in zip(pairs, outcomes, strict=True)]
    runs.write(run, "pushed", [INSERT_PUSHES], outcomes=entries, pushed_at=run.clock())


def _entry(pair: _Pair, outcome: MergeOutcome) -> str:
    id_a, id_b = pair.merge.ids
    message = {} if outcome.is_stored else {"message": outcome.message}
    return json.dumps(
        {"id_a": id_a, "id_b": id_b, "link_no": pair.link_no, "insert_id": pair.merge.insert_id, **message}
    )
