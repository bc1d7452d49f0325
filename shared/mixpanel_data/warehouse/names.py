"""The names of what a run does in a warehouse."""


def transaction_name(run_id: str, step: str, number: int = 0) -> str:
    """The name of a step's transaction, new for every attempt that is meant to take effect.

    On BigQuery it is the id of the job, by which a repeated request finds the job that it started already.
    """
    return f"{run_id}-{step}-{number}"


def step_of(name: str) -> str:
    """The step in the name of a transaction, the same in all runs; a name of another form as it is."""
    parts = name.rsplit("-", 2)
    return parts[1] if len(parts) == 3 else name


def attempt_name(name: str, attempt: int) -> str:
    """The name of a further attempt, counted from 1; the name of an attempt that failed cannot be used again."""
    return name if attempt == 1 else f"{name}-a{attempt}"
