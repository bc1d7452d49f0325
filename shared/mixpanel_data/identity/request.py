"""The request, the options and the result of the identity transition."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from mixpanel_data.base.parameters import JobResult, WindowRequest
from mixpanel_data.runs import UNKNOWN_ORIGIN, Origin


class Action(StrEnum):
    """The kinds of a run."""

    REFRESH = "refresh"
    BUILD = "build"
    SPLIT = "split"
    LINK = "link"
    PUSH = "push"
    TRANSITION = "transition"
    DELETE = "delete"


_OF_ACTIONS = {
    "from": (Action.REFRESH,),
    "to": (Action.REFRESH,),
    "a": (Action.SPLIT, Action.LINK),
    "b": (Action.SPLIT, Action.LINK),
    "state": (Action.TRANSITION,),
}
Id = Annotated[str, StringConstraints(min_length=1)]


class Request(WindowRequest):
    """Bring the graph up to date with its sources, or change it by hand.

    `refresh` reads what is new in the sources, or the event time in [from, to) again; `build` reads all of them from
    the beginning and judges every link anew; `split` takes the links between `a` and `b` out, and `link` puts them
    back or adds one; `push` merges the pairs in Mixpanel; `transition` sets a `state` of the demonstration, and
    `delete` takes out what the demonstration put in.
    """

    job: ClassVar[str] = "identity-transition"

    action: Annotated[Action, Field(strict=False)] = Action.REFRESH
    a: Id | None = None
    b: Id | None = None
    state: Id | None = None

    @model_validator(mode="after")
    def _has_the_parameters_of_its_action(self) -> Self:
        given = {"from": self.start, "to": self.end, "a": self.a, "b": self.b, "state": self.state}
        for name, value in given.items():
            actions = _OF_ACTIONS[name]
            if value is not None and self.action not in actions:
                raise ValueError(f"{name} is a parameter of {' and '.join(actions)}, not of {self.action}: remove it")
            if value is None and self.action in actions and self.action is not Action.REFRESH:
                raise ValueError(f"{name} is missing: {self.action} needs it")
        if self.a is not None and self.a == self.b:
            raise ValueError(f"a and b are both {self.a!r}: give two different ids")
        return self


@dataclass(frozen=True, slots=True)
class Options:
    """The settings of the identity transition.

    `lease_seconds`: for how long a run that died keeps the next one from starting, on an engine that does not see that
    it died.
    `origin`: what the state of the dataset has to belong to. `interval_hours`: how many hours pass between two readings
    of a growing day, unless it is small or reading is not billed.
    """

    lease_seconds: float
    origin: Origin = UNKNOWN_ORIGIN
    interval_hours: int = 6


@dataclass(frozen=True, slots=True)
class Result(JobResult):
    """The graph after a run, and the effect of the run.

    `clusters` and `ids` count the graph, `pairs` the rows of identity_permutations. `changed` has the rows of that
    table that the run inserted, updated and deleted, `graph` those of current_identity_graph. `links`: new links;
    `ignored`: rows of the sources with an id that identifies nobody; `withdrawn`: pairs of two ids that were taken out;
    `conflicts`: open rows of identity_conflicts. `pushed` and `refused`: pairs that Mixpanel took and did not take;
    `problems`: by pair, why not. `pending`: where the run left what is new for a later one, on how many UTC days events
    changed since they were read.
    """

    clusters: int = 0
    ids: int = 0
    pairs: int = 0
    changed: Mapping[str, int] = field(default_factory=dict)
    graph: Mapping[str, int] = field(default_factory=dict)
    links: int = 0
    ignored: int = 0
    withdrawn: int = 0
    conflicts: int = 0
    pushed: int = 0
    refused: int = 0
    problems: Mapping[str, str] = field(default_factory=dict)
    pending: int = 0
