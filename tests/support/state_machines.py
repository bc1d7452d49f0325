"""Hypothesis state machines within a bounded time."""

import os
from collections.abc import Callable

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

_EXAMPLES = os.environ.get("STATE_MACHINE_EXAMPLES")


def run_state_machine(make: Callable[[], RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    """Try some sequences of at most `steps` steps; STATE_MACHINE_EXAMPLES=300 tries that many of each machine.

    Without the phase that explains a failure, which repeats it so often that it takes minutes here.
    """
    run_state_machine_as_test(
        make,  # type: ignore[arg-type]  # it calls what it is given, and need not be a class
        settings=settings(
            max_examples=int(_EXAMPLES) if _EXAMPLES else examples,
            stateful_step_count=steps,
            deadline=None,
            print_blob=True,
            phases=set(Phase) - {Phase.explain},
            suppress_health_check=list(HealthCheck),
        ),
    )
