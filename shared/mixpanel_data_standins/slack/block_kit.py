"""Validates the blocks of a message as Slack does: https://docs.slack.dev/reference/block-kit/blocks.

Problems have the form of Slack's messages, `[ERROR] must be … [json-pointer:/blocks/0/text]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

MOST_BLOCKS = 50
MOST_TEXT = 40_000
# Not documented; measured by users of Slack: https://github.com/slackapi/bolt-js/issues/2509.
MOST_IN_ALL_BLOCKS = 13_000

Problems = Iterator[str]


def problems(blocks: object) -> list[str]:
    """The problems of a message's blocks; an empty list if Slack accepts them."""
    if not isinstance(blocks, Sequence) or isinstance(blocks, str):
        return ["[ERROR] must be an array [json-pointer:/blocks]"]
    found = [problem for number, block in enumerate(blocks) for problem in _of_block(block, f"/blocks/{number}")]
    if len(blocks) > MOST_BLOCKS:
        found.append(_problem(f"no more than {MOST_BLOCKS} items allowed", "/blocks"))
    ids = [block["block_id"] for block in blocks if isinstance(block, Mapping) and "block_id" in block]
    if len(ids) != len(set(map(str, ids))):
        found.append(_problem("block_id already exists", "/blocks"))
    return found


def characters(blocks: object) -> int:
    """The number of characters of text in all blocks."""
    if isinstance(blocks, Mapping):
        own = len(blocks["text"]) if isinstance(blocks.get("text"), str) else 0
        return own + sum(characters(value) for value in blocks.values() if not isinstance(value, str))
    if isinstance(blocks, Sequence) and not isinstance(blocks, str):
        return sum(map(characters, blocks))
    return 0


def _of_block(block: object, at: str) -> Problems:
    kind = block.get("type") if isinstance(block, Mapping) else None
    if not isinstance(block, Mapping) or not isinstance(kind, str) or kind not in _BLOCKS:
        yield _problem(f"unsupported type: {kind}", f"{at}/type")
        return
    allowed, check = _BLOCKS[kind]
    yield from _unknown_properties(block, {"type", "block_id", *allowed}, at)
    yield from _string(block, "block_id", 255, at)
    yield from check(block, at)


def _section(block: Mapping[str, Any], at: str) -> Problems:
    if "text" not in block and "fields" not in block:
        yield _problem("missing required field: text or fields", at)
    if "text" in block:
        yield from _text(block["text"], 3000, f"{at}/text")
    if "fields" in block:
        yield from _items(block["fields"], 10, f"{at}/fields", lambda field, where: _text(field, 2000, where))
    if "accessory" in block:
        yield from _element(block["accessory"], f"{at}/accessory")


def _header(block: Mapping[str, Any], at: str) -> Problems:
    yield from _text(block.get("text"), 150, f"{at}/text", plain=True)


def _context(block: Mapping[str, Any], at: str) -> Problems:
    yield from _items(block.get("elements"), 10, f"{at}/elements", _context_element)


def _context_element(element: object, at: str) -> Problems:
    if isinstance(element, Mapping) and element.get("type") == "image":
        yield from _unknown_properties(element, {"type", *_IMAGE}, at)
        yield from _image(element, at)
    else:
        yield from _text(element, 2000, at)


def _image(block: Mapping[str, Any], at: str) -> Problems:
    if ("image_url" in block) == ("slack_file" in block):
        yield _problem("one of image_url and slack_file is required", at)
    yield from _string(block, "image_url", 3000, at)
    yield from _string(block, "alt_text", 2000, at, required=True)
    if "title" in block:
        yield from _text(block["title"], 2000, f"{at}/title", plain=True)


def _actions(block: Mapping[str, Any], at: str) -> Problems:
    yield from _items(block.get("elements"), 25, f"{at}/elements", _element)


def _element(element: object, at: str) -> Problems:
    if isinstance(element, Mapping) and element.get("type") == "image":
        yield from _image(element, at)
    elif isinstance(element, Mapping) and element.get("type") == "button":
        yield from _text(element.get("text"), 75, f"{at}/text", plain=True)
        yield from _string(element, "url", 3000, at)
        yield from _string(element, "value", 2000, at)
        yield from _string(element, "action_id", 255, at)
    else:
        yield _problem("unsupported element", at)


def _divider(_block: Mapping[str, Any], _at: str) -> Problems:
    yield from ()


_IMAGE = {"image_url", "slack_file", "alt_text"}
_BLOCKS: Mapping[str, tuple[set[str], Callable[[Mapping[str, Any], str], Problems]]] = {
    "section": ({"text", "fields", "accessory", "expand"}, _section),
    "header": ({"text"}, _header),
    "context": ({"elements"}, _context),
    "divider": (set(), _divider),
    "image": ({*_IMAGE, "title"}, _image),
    "actions": ({"elements"}, _actions),
}


def _text(text: object, most: int, at: str, *, plain: bool = False) -> Problems:
    if not isinstance(text, Mapping):
        yield _problem("must be a text object", at)
        return
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if text.get("type") not in kinds:
        yield _problem(f"must be {' or '.join(kinds)}", f"{at}/type")
    yield from _unknown_properties(
        text, {"type", "text", "emoji" if text.get("type") == "plain_text" else "verbatim"}, at
    )
    yield from _string(text, "text", most, at, required=True)


def _string(holder: Mapping[str, Any], name: str, most: int, at: str, *, required: bool = False) -> Problems:
    if name not in holder:
        if required:
            yield _problem(f"missing required field: {name}", at)
        return
    value, where = holder[name], f"{at}/{name}"
    if not isinstance(value, str):
        yield _problem("must be a string", where)
    elif not value:
        yield _problem("must be more than 0 characters", where)
    elif len(value) > most:
        yield _problem(f"must be less than {most + 1} characters", where)


def _items(items: object, most: int, at: str, check: Callable[[object, str], Problems]) -> Problems:
    if not isinstance(items, Sequence) or isinstance(items, str) or not items:
        yield _problem("must be an array with at least 1 item", at)
        return
    if len(items) > most:
        yield _problem(f"no more than {most} items allowed", at)
    for number, item in enumerate(items):
        yield from check(item, f"{at}/{number}")


def _unknown_properties(holder: Mapping[str, Any], allowed: set[str], at: str) -> Problems:
    yield from (_problem(f"invalid additional property: {name}", at) for name in holder if name not in allowed)


def _problem(text: str, at: str) -> str:
    return f"[ERROR] {text} [json-pointer:{at}]"
