"""The properties and methods of JavaScript's values, and its global objects, as far as the stand-in has them."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping

from mixpanel_data_standins.mixpanel.querying.jql.errors import ScriptError
from mixpanel_data_standins.mixpanel.querying.jql.values import (
    BINARY,
    UNDEFINED,
    Date,
    Function,
    json_text,
    number,
    same,
    text,
    truthy,
)

Method = Callable[..., object]


def member(value: object, name: object, line: int) -> object:
    """value[name]. ScriptError for a member of null or undefined."""
    if value is None or value is UNDEFINED:
        raise ScriptError(f"TypeError: Cannot read property '{text(name)}' of {text(value)}", line)
    if isinstance(value, dict):
        return value.get(text(name), UNDEFINED)
    if isinstance(value, (list, str)):
        if name == "length":
            return float(len(value))
        index = number(name) if not isinstance(name, str) else math.nan
        if index.is_integer():
            return value[int(index)] if 0 <= index < len(value) else UNDEFINED
    method = _methods(value).get(text(name))
    if method is not None:
        return lambda given: method(value, *given)
    found = getattr(value, "member", None)
    return UNDEFINED if found is None else found(text(name))


def set_member(value: object, name: object, new: object, line: int) -> None:
    """value[name] = new."""
    if isinstance(value, dict):
        value[text(name)] = new
        return
    if isinstance(value, list) and number(name).is_integer():
        index = int(number(name))
        value.extend([UNDEFINED] * (index + 1 - len(value)))
        value[index] = new
        return
    raise ScriptError(f"TypeError: Cannot set property '{text(name)}' of {text(value)}", line)


def _methods(value: object) -> Mapping[str, Method]:
    if isinstance(value, str):
        return _OF_TEXTS
    if isinstance(value, list):
        return _OF_LISTS
    if isinstance(value, Date):
        return _OF_DATES
    return _OF_NUMBERS if isinstance(value, (int, float)) else {}


def _index(value: object, length: int, otherwise: int) -> int:
    if value is UNDEFINED:
        return otherwise
    index = int(number(value))
    return max(0, index + length) if index < 0 else min(index, length)


def _sliced(whole: str | list[object], first: object = UNDEFINED, last: object = UNDEFINED) -> object:
    return whole[_index(first, len(whole), 0) : _index(last, len(whole), len(whole))]


def _substr(whole: str, first: object, count: object = UNDEFINED) -> str:
    start = _index(first, len(whole), 0)
    return whole[start:] if count is UNDEFINED else whole[start : start + int(number(count))]


def _split(whole: str, mark: object = UNDEFINED) -> list[object]:
    if mark is UNDEFINED:
        return [whole]
    return list(whole.split(text(mark))) if mark else list(whole)


def _position(whole: list[object], wanted: object) -> float:
    return float(next((index for index, one in enumerate(whole) if same(one, wanted)), -1))


def _push(whole: list[object], *new: object) -> float:
    whole.extend(new)
    return float(len(whole))


def _reduced(whole: list[object], function: Function, *start: object) -> object:
    return functools.reduce(lambda state, one: function([state, one]), whole, *start)


def _sorted(whole: list[object], function: Function | None = None) -> list[object]:
    if function is None:
        whole.sort(key=text)
    else:
        compare = function
        whole.sort(key=functools.cmp_to_key(lambda left, right: _sign(number(compare([left, right])))))
    return whole


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _joined(whole: list[object], *more: object) -> list[object]:
    return whole + [one for part in more for one in (part if isinstance(part, list) else [part])]


def _each(whole: list[object], function: Function) -> object:
    for index, one in enumerate(whole):
        function([one, float(index)])
    return UNDEFINED


_OF_TEXTS: Mapping[str, Method] = {
    "substr": _substr,
    "substring": lambda whole, *ends: _sliced(whole, *ends),
    "slice": _sliced,
    "split": _split,
    "indexOf": lambda whole, part: float(whole.find(text(part))),
    "includes": lambda whole, part: text(part) in whole,
    "startsWith": lambda whole, part: whole.startswith(text(part)),
    "endsWith": lambda whole, part: whole.endswith(text(part)),
    "toLowerCase": lambda whole: whole.lower(),
    "toUpperCase": lambda whole: whole.upper(),
    "trim": lambda whole: whole.strip(),
    "replace": lambda whole, part, new: whole.replace(text(part), text(new), 1),
    "toString": text,
}
_OF_LISTS: Mapping[str, Method] = {
    "slice": _sliced,
    "indexOf": _position,
    "includes": lambda whole, wanted: _position(whole, wanted) >= 0,
    "join": lambda whole, mark=",": text(mark).join(map(text, whole)),
    "concat": _joined,
    "push": _push,
    "map": lambda whole, function: [function([one, float(index)]) for index, one in enumerate(whole)],
    "filter": lambda whole, function: [one for one in whole if truthy(function([one]))],
    "some": lambda whole, function: any(truthy(function([one])) for one in whole),
    "every": lambda whole, function: all(truthy(function([one])) for one in whole),
    "forEach": _each,
    "reduce": _reduced,
    "sort": _sorted,
}
_OF_DATES: Mapping[str, Method] = {
    "toISOString": Date.iso,
    "getTime": lambda date: date.ms,
}
_OF_NUMBERS: Mapping[str, Method] = {
    "toFixed": lambda value, places=0.0: f"{number(value):.{int(number(places))}f}",
    "toString": text,
}
_MATH: dict[str, object] = {
    "floor": lambda given: float(math.floor(number(given[0]))),
    "ceil": lambda given: float(math.ceil(number(given[0]))),
    "round": lambda given: float(math.floor(number(given[0]) + 0.5)),
    "abs": lambda given: abs(number(given[0])),
    "max": lambda given: max(map(number, given), default=-math.inf),
    "min": lambda given: min(map(number, given), default=math.inf),
}
GLOBALS: Mapping[str, object] = {
    "undefined": UNDEFINED,
    "NaN": math.nan,
    "Infinity": math.inf,
    "Math": _MATH,
    "JSON": {"stringify": lambda given: json_text(given[0])},
    "Object": {
        "keys": lambda given: list(given[0]),
        "values": lambda given: list(given[0].values()),
    },
    "String": lambda given: text(given[0]),
    "Number": lambda given: number(given[0]),
    "Boolean": lambda given: truthy(given[0]),
    "parseInt": lambda given: float(int(number(given[0]))),
    "parseFloat": lambda given: number(given[0]),
    "isNaN": lambda given: BINARY["!=="](number(given[0]), number(given[0])),
    "Date": lambda given: Date(number(given[0])),
}
