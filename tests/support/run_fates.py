"""What can happen to a run of any job, as a state machine draws it; jobs have fates of their own beside these."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Undisturbed:
    """Nothing happens to the run."""


UNDISTURBED = Undisturbed()


@dataclass(frozen=True)
class KilledAt:
    """The process of the run dies at this step, if the run has so many."""

    step: int
