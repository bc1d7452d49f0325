"""Block Kit: the blocks that messages are made of, and the limits that a message has to keep.

Slack refuses a message beyond a limit as a whole, so that everything is cut here. Lengths are counted in UTF-16 units,
which no other way of counting exceeds but that of bytes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mixpanel_data.outbox.mrkdwn import escaped

SECTION_SIZE = 2_900
"""Characters of one section, as sent."""

# Slack's limits, less a margin. The limit of all blocks together is not documented; about 13,000 was measured.
_MOST_BLOCKS = 50
HEADER_SIZE = 150
"""Characters of a header."""

_TEXT_SIZE = 3_000
_ALT_TEXT_SIZE = 1_000
_ALL_SIZE = 11_500

_PICTURE = "picture-"

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Body:
    """A message as Slack's Web API and webhooks take it; `text` is what a notification shows."""

    text: str
    blocks: tuple[Mapping[str, Any], ...]

    def plain(self) -> dict[str, Any]:
        """The body as JSON values."""
        return {"text": self.text, "blocks": [dict(block) for block in self.blocks]}


@dataclass(frozen=True, slots=True)
class Detail:
    """A block that is dropped first if the message is too long."""

    block: Block


def header(plain: str) -> Block:
    """A header of plain text."""
    return {"type": "header", "text": {"type": "plain_text", "text": cut(plain, HEADER_SIZE), "emoji": False}}


def section(mrkdwn: str) -> Block:
    """A section of mrkdwn."""
    return {"type": "section", "text": _mrkdwn(mrkdwn)}


def pictured(block: Block, about: str) -> Block:
    """A block in whose place the picture about something is shown, wherever a picture can be: see `with_pictures`."""
    return {**block, "block_id": f"{_PICTURE}{about}"}


def pictured_in(blocks: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the blocks of a message have a place for a picture about, in order."""
    return [about for block in blocks if (about := _about(block))]


def with_pictures(blocks: Iterable[Mapping[str, Any]], pictures: Mapping[str, Block]) -> list[Mapping[str, Any]]:
    """The blocks with pictures in their places, by what they are about; a place without a picture stays as it is."""
    return [pictures.get(_about(block), block) for block in blocks]


def image(file_id: str, alt_text: str) -> Block:
    """A picture that was uploaded to Slack."""
    return {"type": "image", "slack_file": {"id": file_id}, "alt_text": cut(alt_text, _ALT_TEXT_SIZE)}


def context(mrkdwn: str) -> Block:
    """A small last line."""
    return {"type": "context", "elements": [_mrkdwn(mrkdwn)]}


def divider() -> Block:
    """A line across."""
    return {"type": "divider"}


def body(headline: str, blocks: Sequence[Block | Detail]) -> Body:
    """The message. Details that do not fit are left out from the end, and a last line counts them."""
    kept = list(blocks)
    while not _fits(kept) and (details := [at for at, each in enumerate(kept) if isinstance(each, Detail)]):
        del kept[details[-1]]
    plain = _without_marks(kept)
    if len(kept) < len(blocks):
        plain.append(context(f"+{len(blocks) - len(kept)} more details that do not fit in one message"))
    # Escaped after it is cut, so that no entity is cut apart; the longest entity has five characters.
    return Body(escaped(cut(headline, _TEXT_SIZE // 5)), tuple(plain))


def fitting(lines: Sequence[str], size: int, *, unseen: int = 0) -> str:
    """As many lines as fit into `size`, and `+N more` for the others and the `unseen` ones."""
    room = size - len("\n+1,000,000 more")
    kept: list[str] = []
    for line in lines:
        room -= length(line) + 1
        if room < 0:
            break
        kept.append(line)
    more = len(lines) - len(kept) + unseen
    return "\n".join([*kept, *([f"+{more:,} more"] if more else [])])


def first_of(names: Sequence[str], most: int) -> str:
    """The first names, and `+N more` for the others."""
    shown = ", ".join(names[:most])
    return f"{shown} +{len(names) - most:,} more" if len(names) > most else shown


def cut(text: str, size: int) -> str:
    """The text, with an ellipsis where it is longer than `size`."""
    if length(text) <= size:
        return text
    while length(text) > size - 1:
        text = text[: -max(1, (length(text) - size + 1) // 2)]
    return f"{text}…"


def length(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(text.encode("utf-16-le", errors="replace")) // 2


def texts(value: Any) -> Iterator[str]:
    """The texts that stand in a block, at any depth."""
    if isinstance(value, Mapping):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for member in value.values():
            yield from texts(member)
    elif isinstance(value, list | tuple):
        for element in value:
            yield from texts(element)


def _about(block: Mapping[str, Any]) -> str:
    block_id = str(block.get("block_id", ""))
    return block_id.removeprefix(_PICTURE) if block_id.startswith(_PICTURE) else ""


def _mrkdwn(text: str) -> Block:
    # Verbatim: Slack makes no links of addresses, channels and names that stand in plain text.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _fits(blocks: Sequence[Block | Detail]) -> bool:
    plain = _without_marks(blocks)
    return len(plain) < _MOST_BLOCKS and sum(length(text) for block in plain for text in texts(block)) <= _ALL_SIZE


def _without_marks(blocks: Sequence[Block | Detail]) -> list[Block]:
    return [each.block if isinstance(each, Detail) else each for each in blocks]
