"""What is decided about pairs of ids, by hand or by the demonstration, as the statements that store it take it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Decisions:
    """What somebody decides about pairs of ids, each in one of the three lists.

    The links of `split` are taken out, those of `restored` are put back, and each pair of `added` gets a new link of
    `source`, in the given order. `origin` is stored with each decision.
    """

    origin: str
    source: str
    split: Sequence[Pair] = ()
    restored: Sequence[Pair] = ()
    added: Sequence[Pair] = ()

    @property
    def ids(self) -> list[str]:
        """All ids that something is decided about, sorted."""
        return sorted({one for pair in (*self.split, *self.restored, *self.added) for one in pair})

    def entries(self) -> list[str]:
        """The decisions as JSON objects."""
        kept = (*self.restored, *self.added)
        return [self._entry(pair, "split") for pair in self.split] + [self._entry(pair, "link") for pair in kept]

    def links(self, seen_at: datetime) -> list[str]:
        """The new links as JSON objects.

        Each is seen a microsecond after the one before, because the links of a part are numbered by their time.
        """
        return [
            json.dumps(
                {
                    "number": str(number + 1),
                    "a": a,
                    "b": b,
                    "source": self.source,
                    "seen_at": (seen_at + timedelta(microseconds=number)).isoformat(),
                }
            )
            for number, (a, b) in enumerate(self.added)
        ]

    def _entry(self, pair: Pair, decision: str) -> str:
        lesser, greater = sorted(pair)
        return json.dumps({"a": lesser, "b": greater, "decision": decision, "origin": self.origin})
