"""Renders Slack's markup as HTML: https://docs.slack.dev/messaging/formatting-message-text.

The result has only tags of this module: everything in a message is text, even where it looks like HTML.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

_MARKED = re.compile(r"```(?P<pre>.+?)```|`(?P<code>[^`\n]+)`|<(?P<angle>[^<>\n]+)>", re.DOTALL)
# Finished markup is set aside while the rest is rendered; a number between these two characters marks its position.
_OPEN, _CLOSE = "\ue000", "\ue001"
_ASIDE = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_STYLES = (
    (re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])"), r"<b>\1</b>"),
    (re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])"), r"<i>\1</i>"),
    (re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])"), r"<s>\1</s>"),
)
_QUOTE = re.compile(r"(?:^&gt;[^\n]*(?:\n|$))+", re.MULTILINE)
_EMOJI = re.compile(r":([a-z0-9_+-]+):")
_EMOJIS = {
    "rotating_light": "🚨",
    "warning": "⚠️",
    "white_check_mark": "✅",
    "chart_with_upwards_trend": "📈",
    "chart_with_downwards_trend": "📉",
    "small_red_triangle": "🔺",
    "small_red_triangle_down": "🔻",
    "mute": "🔇",
    "no_bell": "🔕",
    "bell": "🔔",
    "mag": "🔍",
    "book": "📖",
    "hourglass_flowing_sand": "⏳",
    "red_circle": "🔴",
    "large_green_circle": "🟢",
    "large_yellow_circle": "🟡",
    "eyes": "👀",
}
_DATES: dict[str, Callable[[datetime], str]] = {
    "{date_num}": lambda at: f"{at:%Y-%m-%d}",
    "{date}": lambda at: f"{at:%B} {at.day}, {at.year}",
    "{date_short}": lambda at: f"{at:%b} {at.day}, {at.year}",
    "{date_long}": lambda at: f"{at:%A}, {at:%B} {at.day}, {at.year}",
    "{date_pretty}": lambda at: f"{at:%B} {at.day}, {at.year}",
    "{date_short_pretty}": lambda at: f"{at:%b} {at.day}, {at.year}",
    "{date_long_pretty}": lambda at: f"{at:%A}, {at:%B} {at.day}, {at.year}",
    "{time}": lambda at: f"{at:%H:%M}",
    "{time_secs}": lambda at: f"{at:%H:%M:%S}",
}


def plain(text: str, *, emoji: bool = True) -> str:
    """Text of type plain_text as HTML."""
    shown = html.escape(text).replace("\n", "<br>")
    return with_emoji(shown) if emoji else shown


def rendered(text: str) -> str:
    """Text of type mrkdwn as HTML."""
    aside: list[str] = []

    def put_aside(match: re.Match[str]) -> str:
        aside.append(_marked(match))
        return f"{_OPEN}{len(aside) - 1}{_CLOSE}"

    bare = text.replace(_OPEN, "").replace(_CLOSE, "")
    shown = with_emoji(_escaped(_MARKED.sub(put_aside, bare)))
    for pattern, replacement in _STYLES:
        shown = pattern.sub(replacement, shown)
    shown = _QUOTE.sub(_quote, shown).replace("\n", "<br>")
    return _ASIDE.sub(lambda match: aside[int(match[1])], shown)


def with_emoji(text: str) -> str:
    """The text with the emoji of `_EMOJIS` in place of their names."""
    return _EMOJI.sub(lambda match: _EMOJIS.get(match[1], match[0]), text)


def web_address(url: str) -> str | None:
    """The address, escaped for an attribute; None for a scheme that a browser should not open."""
    try:
        is_safe = urlsplit(url).scheme in ("http", "https", "mailto")
    except ValueError:
        return None
    return html.escape(url) if is_safe else None


def _escaped(text: str) -> str:
    return html.escape(_entities(text))


def _marked(match: re.Match[str]) -> str:
    if (pre := match["pre"]) is not None:
        return f"<pre>{_escaped(pre.strip(chr(10)))}</pre>"
    if (code := match["code"]) is not None:
        return f"<code>{_escaped(code)}</code>"
    return _angle(match["angle"])


def _angle(inside: str) -> str:
    """The content of angle brackets: a mention, a date or a link, each with or without a label."""
    target, _, label = inside.partition("|")
    if target.startswith("!date^"):
        return _date(target, label)
    if target.startswith("!"):
        name = label or target[1:].rpartition("^")[2]
        return f'<span class="mention loud">@{_escaped(name.removeprefix("@"))}</span>'
    if target.startswith(("@", "#")):
        name = (label or target[1:]).removeprefix(target[0])
        return f'<span class="mention">{target[0]}{_escaped(name)}</span>'
    address = web_address(_entities(target))
    if address is None:
        return _escaped(f"<{inside}>")
    shown = with_emoji(_escaped(label)) if label else _escaped(target)
    return f'<a href="{address}" rel="noopener noreferrer" target="_blank">{shown}</a>'


def _entities(text: str) -> str:
    """The text with Slack's three entities decoded."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _date(target: str, fallback: str) -> str:
    """A time in the reader's zone, which is UTC on this page."""
    _, seconds, form, *_link = [*target.split("^"), "", ""]
    try:
        at = datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return _escaped(fallback)
    for name, show in _DATES.items():
        form = form.replace(name, show(at))
    return f'<time title="{at:%Y-%m-%d %H:%M:%S} UTC">{_escaped(form or fallback)}</time>'


def _quote(match: re.Match[str]) -> str:
    lines = [line.removeprefix("&gt;").removeprefix(" ") for line in match[0].rstrip("\n").split("\n")]
    return f"<blockquote>{'<br>'.join(lines)}</blockquote>"
