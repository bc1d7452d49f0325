"""The channels as a web page that looks like Slack and updates itself."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from mixpanel_data_standins.slack import mrkdwn
from mixpanel_data_standins.slack.workspace import Body, Channel, Message, Workspace

_NAMES = {"bot": "Mixpanel alerts", "webhook": "incoming-webhook"}
_AVATARS = {"bot": "M", "webhook": "W"}

Block = Mapping[str, Any]


def page(workspace: Workspace) -> str:
    """The whole page."""
    with workspace.lock:
        channels, messages = list(workspace.channels.values()), workspace.messages
    by_channel = {channel.id: [each for each in messages if each.channel.id == channel.id] for channel in channels}
    shown = "".join(_channel(workspace, channel, by_channel[channel.id]) for channel in channels)
    links = _links(channels, by_channel)
    # Not of the note: it may be another one each time, and a page that is replaced loses what its reader has marked.
    version = hashlib.sha256((links + shown).encode()).hexdigest()
    body = f"{_sidebar(links, workspace.note())}<main>{shown}</main>"
    return _template().substitute(body=body, version=version)


@cache
def security() -> str:
    """The Content-Security-Policy of the page: even a message with a tag in it could not run a script."""
    script = _template().template.partition("<script>")[2].partition("</script>")[0]
    known = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https:; connect-src 'self'; "
        f"script-src 'sha256-{known}'; base-uri 'none'; form-action 'none'"
    )


@cache
def _template() -> Template:
    return Template((Path(__file__).parent / "page.html").read_text(encoding="utf-8"))


def _sidebar(links: str, note: str) -> str:
    about = "A stand-in on this machine. Nothing here was sent to Slack. Times are UTC."
    return f'<nav><h1>Slack stand-in</h1><p>{about}</p><p id="note">{_text(note)}</p>{links}</nav>'


def _links(channels: Sequence[Channel], by_channel: Mapping[str, Sequence[Message]]) -> str:
    return "".join(_sidebar_link(channel, len(by_channel[channel.id])) for channel in channels)


def _sidebar_link(channel: Channel, count: int) -> str:
    number = f'<span class="count">{count}</span>' if count else ""
    kind = ' class="busy"' if count else ""
    return f'<a href="#{channel.id}"{kind}><span>{_sign(channel)}{_text(channel.name)}</span>{number}</a>'


def _sign(channel: Channel) -> str:
    return "🔒 " if channel.is_private else "# "


def _channel(workspace: Workspace, channel: Channel, messages: Sequence[Message]) -> str:
    notes = ["archived"] * channel.is_archived + ["the bot is not a member"] * (not channel.is_member)
    title = f"<h2>{_sign(channel)}{_text(channel.name)}<small>{', '.join(notes)}</small></h2>"
    replies: dict[str, list[Message]] = {}
    for message in messages:
        if message.thread_ts is not None:
            replies.setdefault(message.thread_ts, []).append(message)
    shown = "".join(
        _message(workspace, message, replies.get(message.ts, ())) for message in messages if not message.is_reply
    )
    empty = '<p class="empty">No messages yet.</p>'
    return f'<section class="channel" id="{channel.id}">{title}{shown or empty}</section>'


def _message(workspace: Workspace, message: Message, replies: Sequence[Message] = ()) -> str:
    head = (
        f'<span class="who">{_NAMES[message.author]}</span><span class="app">APP</span> '
        f"{_time(_posted(message))}{_edited(message)}"
    )
    said = _body(workspace, message.body) + _file(workspace, message)
    return (
        f'<article class="message {message.author}" id="p{message.ts.replace(".", "")}">'
        f'<div class="avatar">{_AVATARS[message.author]}</div>'
        f'<div class="said">{head}{said}{_earlier(workspace, message)}{_thread(workspace, replies)}</div></article>'
    )


def _posted(message: Message) -> datetime:
    return (message.updates[0] if message.updates else message.body).at


def _time(at: datetime) -> str:
    at = at.astimezone(UTC)
    return f'<time class="at" datetime="{at:%Y-%m-%dT%H:%M:%SZ}">{at:%b} {at.day}, {at:%H:%M:%S}</time>'


def _edited(message: Message) -> str:
    if not message.updates:
        return ""
    return f' <span class="edited">(updated {len(message.updates)}×, last {_time(message.body.at)})</span>'


def _earlier(workspace: Workspace, message: Message) -> str:
    """The earlier versions of a message, which Slack does not show."""
    if not message.updates:
        return ""
    shown = "".join(
        f'<div class="earlier">{_time(body.at)}{_body(workspace, body)}</div>' for body in reversed(message.updates)
    )
    return f"<details><summary>earlier versions</summary>{shown}</details>"


def _thread(workspace: Workspace, replies: Sequence[Message]) -> str:
    if not replies:
        return ""
    count = "1 reply" if len(replies) == 1 else f"{len(replies)} replies"
    shown = "".join(_message(workspace, reply) for reply in replies)
    return f'<div class="thread"><p>{count}</p>{shown}</div>'


def _body(workspace: Workspace, body: Body) -> str:
    """The blocks, else the text. Beside blocks, Slack shows the text in notifications only; the page has a tooltip."""
    if not body.blocks:
        return f'<div class="section">{mrkdwn.rendered(body.text)}</div>' if body.text else ""
    blocks = "".join(_BLOCKS.get(str(block.get("type")), _unknown)(workspace, block) for block in body.blocks)
    return f'<div title="Notification: {_text(body.text)}">{blocks}</div>'


def _file(workspace: Workspace, message: Message) -> str:
    file = workspace.files.get(message.file_id or "")
    return "" if file is None else _picture(f"/files/{file.id}", file.alt_text, _text(file.title))


def _section(workspace: Workspace, block: Block) -> str:
    accessory = block.get("accessory")
    beside = f'<div class="accessory">{_element(workspace, accessory)}</div>' if accessory else ""
    text = f'<div class="section">{_text_object(block["text"])}</div>' if "text" in block else ""
    fields = "".join(f"<div>{_text_object(each)}</div>" for each in block.get("fields", ()))
    return beside + text + (f'<div class="fields">{fields}</div>' if fields else "")


def _header(_workspace: Workspace, block: Block) -> str:
    return f'<div class="header">{_text_object(block["text"])}</div>'


def _context(workspace: Workspace, block: Block) -> str:
    return _joined("context", (_element(workspace, each) for each in block["elements"]))


def _actions(workspace: Workspace, block: Block) -> str:
    return _joined("actions", (_element(workspace, each) for each in block["elements"]))


def _image(workspace: Workspace, block: Block) -> str:
    title = _text_object(block["title"]) if "title" in block else ""
    return _picture(_source(workspace, block), str(block["alt_text"]), title)


def _divider(_workspace: Workspace, _block: Block) -> str:
    return "<hr>"


def _unknown(_workspace: Workspace, block: Block) -> str:
    return f"<pre>{_text(str(dict(block)))}</pre>"


_BLOCKS: Mapping[str, Callable[[Workspace, Block], str]] = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "image": _image,
    "divider": _divider,
}


def _element(workspace: Workspace, element: Block) -> str:
    """An element of a context or of actions, or the accessory of a section."""
    kind = element.get("type")
    if kind == "image":
        return f'<img src="{_source(workspace, element)}" alt="{_text(str(element["alt_text"]))}">'
    if kind == "button":
        style = element.get("style")
        look = f"button {style}" if style in ("primary", "danger") else "button"
        address = mrkdwn.web_address(str(element.get("url", "")))
        where = f' href="{address}" rel="noopener noreferrer" target="_blank"' if address else ""
        return f'<a class="{look}"{where}>{_text_object(element["text"])}</a>'
    return f"<span>{_text_object(element)}</span>"


def _text_object(text: Block) -> str:
    if text.get("type") == "mrkdwn":
        return mrkdwn.rendered(str(text["text"]))
    return mrkdwn.plain(str(text["text"]), emoji=bool(text.get("emoji", True)))


def _source(workspace: Workspace, image: Block) -> str:
    """The address of an image: an uploaded file, or a web address."""
    file_id = str((image.get("slack_file") or {}).get("id"))
    if file_id in workspace.files:
        return f"/files/{file_id}"
    return mrkdwn.web_address(str(image.get("image_url", ""))) or ""


def _picture(source: str, alt_text: str, title: str) -> str:
    """`source` and `title` are already escaped HTML."""
    caption = f'<div class="title">{title}</div>' if title else ""
    return f'<div class="images">{caption}<img src="{source}" alt="{_text(alt_text)}"></div>'


def _joined(kind: str, parts: Iterable[str]) -> str:
    return f'<div class="{kind}">{"".join(parts)}</div>'


def _text(text: str) -> str:
    return html.escape(text).replace("\n", "&#10;")
