"""Lines as they come in the field: each is stored or rejected, and none stops the run or harms its neighbours."""

from datetime import date

import pytest

from support.collector_world import CollectorWorld, adds_up
from support.engines import Engine
from support.export_lines import event, seconds

AT = b"%d" % seconds("2040-03-14 10:00")
DAY = ("2040-03-14", "2040-03-15")


def line(members: bytes, name: bytes = b"Odd") -> bytes:
    """A line of 2040-03-14 10:00 whose properties have these members, byte for byte."""
    return b'{"event":"' + name + b'","properties":{"time":' + AT + b"," + members + b"}}"


@pytest.mark.parametrize("place", ["middle", "last"])
@pytest.mark.parametrize(
    "members",
    [
        b'"deep":' + b"[" * 3000 + b"]" * 3000,
        b'"long":' + b"9" * 5000,
    ],
    ids=["nested", "many digits"],
)
def test_an_awkward_line_never_stops_the_run(engine: Engine, members: bytes, place: str) -> None:
    odd = line(members)
    lines = [event(mark="a"), odd, event(mark="b")] if place == "middle" else [event(mark="a"), event(mark="b"), odd]
    with CollectorWorld(engine) as world:
        world.mixpanel.add(lines, day=date(2040, 3, 14))
        result = world.collect(*DAY)
        assert adds_up(result)
        assert result.received == 3
        assert result.inserted + result.rejected == 3
