"""Paths: page docs/reports/flows."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from mixpanel_data.configuration.reports.definitions import Paths
from support.reports.conditions import fits, meets
from support.reports.events import Event, Row, World, histories
from support.reports.ranges import in_range

OTHER, END = "$other", "$end"
_MOST_PATHS = 50

Way = dict[int, str]
"""The event at each place of a user's path: 0 is the anchor, 1 the next one, -1 the one before."""


def paths(definition: Paths, events: Sequence[Event], world: World) -> Row:
    """The users at each node and on each link, and the most frequent paths.

    Page flows, Other Events and Top Paths: at each place the `top` events by users are shown, the rest together; the 50
    most common sequences are listed. Decided: ties by name; `$end` is always shown; sequences are of the events
    themselves, before the rest is put together; `where` is for every event, the anchor too.
    """
    people = histories([event for event in events if meets(event.properties, definition.where)], definition.by)
    ways = [way for history in people.values() if (way := _way(history, definition, world)) is not None]
    shown = [_with_others(way, _top(ways, definition)) for way in ways]
    nodes = Counter(node for way in shown for node in sorted(way.items()))
    links = Counter(link for way in shown for link in pairwise(sorted(way.items())))
    sequences = Counter(tuple(name for _, name in sorted(way.items())) for way in ways)
    most = sorted(sequences, key=lambda sequence: (-sequences[sequence], sequence))[:_MOST_PATHS]
    return {
        "users": len(ways),
        "nodes": [{"place": place, "event": name, "users": nodes[place, name]} for place, name in sorted(nodes)],
        "links": [
            {"place": place, "source": source, "target": target, "users": links[(place, source), (end, target)]}
            for (place, source), (end, target) in sorted(links)
        ],
        "paths": [{"path": list(sequence), "users": sequences[sequence]} for sequence in most],
    }


def _way(history: Sequence[Event], definition: Paths, world: World) -> Way | None:
    """The path of one user; None without an anchor in the range.

    Page flows, Counting Method, uniques: each user once, from the first time in the range. Page flows, Conversion
    Window: steps count within so long after the anchor. Decided: behind the range too, and as long before it;
    the anchor stays where its name is hidden, and is called by its title.
    """
    anchor = next((event for event in in_range(history, definition, world) if fits(event, definition.anchor)), None)
    if anchor is None:
        return None
    place = history.index(anchor)
    near = [event for event in history if abs(event.time - anchor.time) <= definition.within]
    after = [event for event in near if history.index(event) > place]
    before = [event for event in near if history.index(event) < place]
    forward = _steps(anchor, after, definition, definition.forward)
    backward = _steps(anchor, reversed(before), definition, definition.backward)
    way = {0: definition.anchor.title}
    way |= dict(enumerate(forward, start=1))
    return way | {-number: name for number, name in enumerate(backward, start=1)}


def _steps(anchor: Event, events: Iterable[Event], definition: Paths, count: int) -> list[str]:
    """The names of the next events away from the anchor, at most `count`, and `$end` where there are fewer.

    Page flows, Drop off: who does nothing further has dropped out of the flow. `hidden` events are passed over, and
    with `collapse` repeats of an event, one right after the other, are one.
    """
    names = [anchor.name]
    for event in events:
        is_repeat = definition.collapse and event.name == names[-1]
        if event.name not in definition.hidden and not is_repeat:
            names.append(event.name)
    return [*names[1:], END][:count]


def _top(ways: Sequence[Way], definition: Paths) -> set[tuple[int, str]]:
    """The nodes that are shown by name."""
    counts = Counter(node for way in ways for node in way.items())
    top = {(place, name) for place, name in counts if place == 0 or name == END}
    for place in {place for place, _ in counts} - {0}:
        names = [name for its_place, name in counts if its_place == place and name != END]
        top |= {
            (place, name) for name in sorted(names, key=lambda name: (-counts[place, name], name))[: definition.top]
        }
    return top


def _with_others(way: Way, top: set[tuple[int, str]]) -> Way:
    return {place: name if (place, name) in top else OTHER for place, name in way.items()}
