"""A deployment: which functions go where, with which variables, and when they are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from deploy.destination import Destination, Outputs, destination
from deploy.files import DeployError
from deploy.functions import Function, all_functions
from deploy.given import Given
from deploy.schedules import Schedule, all_schedules


@dataclass(frozen=True, slots=True)
class Deployment:
    """The functions to deploy, and the scheduled calls of all functions that there are."""

    given: Given
    destination: Destination
    functions: Sequence[Function]
    schedules: Sequence[Schedule]

    @classmethod
    def planned(cls, given: Given, outputs: Outputs, region: str | None, only: str | None) -> Self:
        """The deployment of all functions, or of the one named `only`. Raises DeployError naming what is wrong."""
        there = destination(given, outputs, region)
        functions = all_functions()
        if only is not None and only not in functions:
            raise DeployError(f"{only} is not a function. Functions: {', '.join(functions)}.")
        chosen = [functions[only]] if only else [*functions.values()]
        return cls(given, there, chosen, all_schedules(functions))

    def environment(self, function: Function) -> Mapping[str, str]:
        """The variables that a function is deployed with, except for secrets that are bound by name."""
        return {**self.given.shipped(function), **self.destination.variables}
