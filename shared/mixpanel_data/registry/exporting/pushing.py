"""The push of the registry to the Lexicon of Mixpanel: only what differs, and nothing that people wrote is lost."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from mixpanel_data.base.redaction import Redactor
from mixpanel_data.clients.mixpanel.lexicon import Entry, EntryOutcome, Lexicon
from mixpanel_data.configuration.tracking_plan import TrackingPlan
from mixpanel_data.registry.exporting.entries import entry_of, is_pushable, merged
from mixpanel_data.registry.exporting.observed import observed_events
from mixpanel_data.registry.exporting.sent import SentDescriptions
from mixpanel_data.warehouse.base import Warehouse

log = logging.getLogger(__name__)

# An entry that is sent replaces what people may have written there since the entries were read.
_READ_AGAIN_AFTER_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class PushProgress:
    """How far a push is: of the `due` entries, which differ from those of the Lexicon, `sent` were sent."""

    sent: int
    due: int


@dataclass(frozen=True, slots=True)
class PushResult:
    """The effect of a push: entries by what became of them.

    `refused` are the outcomes of those that Mixpanel did not take. `unnamed` events have no entry, because their name
    is empty or looks personal.
    """

    sent: int
    unchanged: int
    refused: Sequence[EntryOutcome]
    unnamed: int


def push(
    warehouse: Warehouse,
    plan: TrackingPlan | None,
    lexicon: Lexicon,
    redactor: Redactor,
    folder: Path | None = None,
    *,
    progress: Callable[[PushProgress], None] = lambda _: None,
    clock: Callable[[], float] = monotonic,
) -> PushResult:
    """Send to the Lexicon each event whose entry there lacks something that the registry knows.

    An entry keeps its tags, descriptions and everything else that people gave it. Types are brought up to date, and so
    are descriptions that a push sent before: `folder`, which has to exist, keeps which these are; without one, no
    description is replaced. `progress` is called after each request. What is sent stays whatever happens: the next push
    sends the rest. `clock` is in seconds and never goes back. Raises RequestError where the folder's file cannot be
    read or written, and what the warehouse and `Lexicon.send` raise.
    """
    planned = plan.events if plan else {}
    entries, unnamed = [], 0
    for event in observed_events(warehouse):
        if is_pushable(event.name, redactor):
            entries.append(entry_of(event, planned.get(event.name), redactor))
        else:
            unnamed += 1
    outcomes = _Push(lexicon, SentDescriptions(folder), progress, clock).send(entries)
    refused = [outcome for outcome in outcomes if not outcome.is_stored]
    sent = len(outcomes) - len(refused)
    log.info("sent %d schemas to the Lexicon, of %d; %d were refused", sent, len(entries), len(refused))
    return PushResult(sent, len(entries) - len(outcomes), refused, unnamed)


class _Push:
    """One push on its way."""

    def __init__(
        self,
        lexicon: Lexicon,
        descriptions: SentDescriptions,
        progress: Callable[[PushProgress], None],
        clock: Callable[[], float],
    ) -> None:
        self._lexicon = lexicon
        self._descriptions = descriptions
        self._progress = progress
        self._clock = clock
        self._outcomes: list[EntryOutcome] = []

    def send(self, entries: Sequence[Entry]) -> list[EntryOutcome]:
        """Send those that differ, each once, and return their outcomes."""
        left = list(entries)
        while left:
            read_at = self._clock()
            due = self._differing(left)
            own = {entry.name: entry for entry in left}
            self._descriptions.add((own[entry.name], entry) for entry in due)
            behind = {entry.name for entry in due[self._send_first(due, read_at) :]}
            left = [entry for entry in left if entry.name in behind]
        return self._outcomes

    def _differing(self, entries: Iterable[Entry]) -> list[Entry]:
        """The entries to send, as they have to be."""
        known = {entry.name: entry for entry in self._lexicon.entries()}
        pairs = ((merged(entry, known.get(entry.name), self._descriptions), known.get(entry.name)) for entry in entries)
        return [entry for entry, before in pairs if before is None or entry.schema != before.schema]

    def _send_first(self, due: Sequence[Entry], read_at: float) -> int:
        """Send entries until they were read too long ago, one batch at least. Returns how many."""
        before, all_due = len(self._outcomes), len(self._outcomes) + len(due)
        for batch in self._lexicon.batches(due):
            self._outcomes += self._lexicon.send(batch)
            self._progress(PushProgress(len(self._outcomes), all_due))
            if self._clock() - read_at > _READ_AGAIN_AFTER_SECONDS:
                break
        return len(self._outcomes) - before
