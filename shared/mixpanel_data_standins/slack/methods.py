"""The methods of the Web API that the stand-in supports, and incoming webhooks.

Each method takes the workspace and the arguments of the call, and returns the fields of the answer other than `ok`:
https://docs.slack.dev/reference/methods.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from mixpanel_data_standins.slack import block_kit
from mixpanel_data_standins.slack.workspace import Channel, Message, SlackError, Workspace

Arguments = Mapping[str, Any]
Answer = dict[str, Any]
Item = TypeVar("Item")

_BOT = {"bot_id": "B00000001", "user": "U00000001", "app_id": "A00000001"}
_WEBHOOK = {"bot_id": "B00000002", "subtype": "bot_message", "username": "incoming-webhook"}


def answer(workspace: Workspace, method: str, token: str | None, arguments: Arguments) -> Answer:
    """Slack's answer to a call, `ok` included."""
    try:
        if method not in METHODS:
            raise SlackError("unknown_method", req_method=method)
        if not token:
            raise SlackError("not_authed")
        if token != workspace.token:
            raise SlackError("invalid_auth")
        with workspace.lock:
            return {"ok": True, **METHODS[method](workspace, arguments)}
    except SlackError as error:
        return {"ok": False, "error": error.code, **error.details}
    except ValueError:  # an argument is not a number, or not JSON
        return {"ok": False, "error": "invalid_arguments"}


def webhook(workspace: Workspace, channel: Channel, body: object) -> tuple[int, str]:
    """Status and text of an incoming webhook's answer."""
    if not isinstance(body, Mapping):
        return 400, "invalid_payload"
    with workspace.lock:
        if channel.is_archived:
            return 410, "channel_is_archived"
        try:
            text, blocks = _content(workspace, body)
        except SlackError as error:
            return 400, error.code
        workspace.post(channel, "webhook", text, blocks, thread_ts=body.get("thread_ts"))
        return 200, "ok"


def _auth_test(workspace: Workspace, _arguments: Arguments) -> Answer:
    return {"url": workspace.base_url, "team": "Stand-in", "team_id": "T00000001", **_BOT, "user_id": _BOT["user"]}


def _post(workspace: Workspace, arguments: Arguments) -> Answer:
    _check_scope(workspace, "chat:write")
    channel = _writable(workspace, _named(workspace, str(arguments.get("channel", ""))))
    text, blocks = _content(workspace, arguments)
    thread_ts = _thread(workspace, channel, arguments)
    metadata = _metadata(arguments)
    message = workspace.post(channel, "bot", text, blocks, thread_ts=thread_ts, metadata=metadata)
    return {"channel": channel.id, "ts": message.ts, "message": _shown(workspace, message, with_metadata=True)}


def _update(workspace: Workspace, arguments: Arguments) -> Answer:
    _check_scope(workspace, "chat:write")
    channel = _by_id(workspace, arguments)
    message = workspace.message(channel, str(arguments.get("ts", "")))
    if message is None:
        raise SlackError("message_not_found")
    if channel.is_archived:
        raise SlackError("is_inactive")
    if message.author != "bot":
        raise SlackError("cant_update_message")
    if _is_past_editing(workspace, message):
        raise SlackError("edit_window_closed")
    # Text without blocks removes the old blocks; blocks without text keep the old text.
    text, blocks = _content(workspace, arguments)
    workspace.update(message, text if "text" in arguments else message.text, blocks, _metadata(arguments))
    return {"channel": channel.id, "ts": message.ts, "text": text}


def _list(workspace: Workspace, arguments: Arguments) -> Answer:
    types = set(str(arguments.get("types") or "public_channel").replace(" ", "").split(","))
    for kind, scope in (("public_channel", "channels:read"), ("private_channel", "groups:read")):
        if kind in types:
            _check_scope(workspace, scope)
    without_archived = _flag(arguments, "exclude_archived")
    seen = [
        channel
        for channel in workspace.channels.values()
        if (("private_channel" in types and channel.is_member) if channel.is_private else "public_channel" in types)
        and not (without_archived and channel.is_archived)
    ]
    page, pagination = _page(seen, arguments, most=1000)
    return {"channels": [_channel(channel) for channel in page], **pagination}


def _history(workspace: Workspace, arguments: Arguments) -> Answer:
    channel = _readable(workspace, arguments)
    messages = [message for message in workspace.in_channel(channel) if not message.is_reply]
    page, pagination = _page(_in_span(messages, arguments)[::-1], arguments, most=999)
    return {"messages": _all_shown(workspace, page, arguments), "has_more": bool(pagination), **pagination}


def _replies(workspace: Workspace, arguments: Arguments) -> Answer:
    channel = _readable(workspace, arguments)
    parent = workspace.message(channel, str(arguments.get("ts", "")))
    if parent is None:
        raise SlackError("thread_not_found")
    replies = [message for message in workspace.in_channel(channel) if message.thread_ts == parent.ts]
    page, pagination = _page([parent, *_in_span(replies, arguments)], arguments, most=1000)
    return {"messages": _all_shown(workspace, page, arguments), "has_more": bool(pagination), **pagination}


def _upload_url(workspace: Workspace, arguments: Arguments) -> Answer:
    _check_scope(workspace, "files:write")
    if not str(arguments.get("filename", "")) or int(arguments.get("length") or 0) <= 0:
        raise SlackError("invalid_arguments")
    file = workspace.add_file(str(arguments["filename"]), str(arguments.get("alt_txt") or ""))
    return {"upload_url": f"{workspace.base_url}/upload/v1/{file.id}", "file_id": file.id}


def _complete(workspace: Workspace, arguments: Arguments) -> Answer:
    _check_scope(workspace, "files:write")
    given = arguments.get("files")
    requested = json.loads(given) if isinstance(given, str) else given or []
    files = [workspace.files.get(str(each.get("id"))) for each in requested]
    if not files or any(file is None or file.content is None for file in files):
        raise SlackError("file_not_found")
    for each in requested:
        file = workspace.files[each["id"]]
        workspace.files[file.id] = replace(file, title=str(each.get("title") or ""), is_complete=True)
    # Without a channel nobody but the app sees the file, until a message shows it.
    if arguments.get("channel_id"):
        _share(workspace, arguments, [each["id"] for each in requested])
    return {"files": [{"id": each["id"], "title": each.get("title")} for each in requested]}


def _share(workspace: Workspace, arguments: Arguments, file_ids: Sequence[str]) -> None:
    channel = _writable(workspace, _by_id(workspace, {"channel": arguments.get("channel_id")}))
    thread_ts = _thread(workspace, channel, arguments)
    for file_id in file_ids:
        text = str(arguments.get("initial_comment") or "")
        workspace.post(channel, "bot", text, thread_ts=thread_ts, file_id=file_id)


METHODS: Mapping[str, Callable[[Workspace, Arguments], Answer]] = {
    "auth.test": _auth_test,
    "chat.postMessage": _post,
    "chat.update": _update,
    "conversations.history": _history,
    "conversations.list": _list,
    "conversations.replies": _replies,
    "files.completeUploadExternal": _complete,
    "files.getUploadURLExternal": _upload_url,
}


def _check_scope(workspace: Workspace, needed: str) -> None:
    if needed not in workspace.scopes:
        raise SlackError("missing_scope", needed=needed, provided=",".join(sorted(workspace.scopes)))


def _named(workspace: Workspace, name: str) -> Channel:
    try:
        return workspace.channel(name)
    except KeyError:
        raise SlackError("channel_not_found") from None


def _by_id(workspace: Workspace, arguments: Arguments) -> Channel:
    """The channel with this id; most methods do not accept a name."""
    channel = workspace.channels.get(str(arguments.get("channel", "")))
    if channel is None or (channel.is_private and not channel.is_member):
        raise SlackError("channel_not_found")
    return channel


def _writable(workspace: Workspace, channel: Channel) -> Channel:
    if channel.is_private and not channel.is_member:
        raise SlackError("channel_not_found")
    if channel.is_archived:
        raise SlackError("is_archived")
    if not channel.is_member and "chat:write.public" not in workspace.scopes:
        raise SlackError("not_in_channel")
    return channel


def _readable(workspace: Workspace, arguments: Arguments) -> Channel:
    channel = _by_id(workspace, arguments)
    _check_scope(workspace, "groups:history" if channel.is_private else "channels:history")
    if not channel.is_member:
        raise SlackError("not_in_channel")
    return channel


def _content(workspace: Workspace, arguments: Arguments) -> tuple[str, Sequence[Mapping[str, Any]]]:
    """The text and blocks of a message. SlackError where Slack would refuse them."""
    text, blocks = arguments.get("text") or "", arguments.get("blocks") or []
    if isinstance(blocks, str):
        blocks = _json(blocks, "invalid_blocks_format")
    if not isinstance(text, str) or not (text.strip() or blocks):
        raise SlackError("no_text")
    if len(text) > block_kit.MOST_TEXT:
        raise SlackError("msg_too_long")
    if problems := block_kit.problems(blocks) + _unknown_files(workspace, blocks):
        raise SlackError("invalid_blocks", response_metadata={"messages": problems})
    if block_kit.characters(blocks) > block_kit.MOST_IN_ALL_BLOCKS:
        raise SlackError("msg_blocks_too_long")
    return text, blocks


def _unknown_files(workspace: Workspace, blocks: object) -> list[str]:
    """The problems of images whose file was not uploaded, or only in part."""
    problems = []
    for number, block in enumerate(blocks if isinstance(blocks, Sequence) else ()):
        shown = block.get("slack_file") if isinstance(block, Mapping) else None
        file = workspace.files.get(str(shown.get("id"))) if isinstance(shown, Mapping) else None
        if shown is not None and (file is None or not file.is_complete):
            problems.append(f"[ERROR] invalid slack file [json-pointer:/blocks/{number}/slack_file]")
    return problems


def _metadata(arguments: Arguments) -> Mapping[str, Any] | None:
    metadata = arguments.get("metadata")
    if metadata is None:
        return None
    if isinstance(metadata, str):
        metadata = _json(metadata, "invalid_metadata_format")
    payload = metadata.get("event_payload") if isinstance(metadata, Mapping) else None
    if not isinstance(metadata, Mapping) or not metadata.get("event_type") or not isinstance(payload, Mapping):
        raise SlackError("invalid_metadata_format")
    return metadata


def _thread(workspace: Workspace, channel: Channel, arguments: Arguments) -> str | None:
    """The thread of a new message: that of its parent, if the parent is a reply itself."""
    thread_ts = arguments.get("thread_ts")
    if thread_ts is None:
        return None
    parent = workspace.message(channel, str(thread_ts))
    if parent is None:
        raise SlackError("thread_not_found")
    return parent.thread_ts or parent.ts


def _is_past_editing(workspace: Workspace, message: Message) -> bool:
    if workspace.edit_minutes is None:
        return False
    posted = message.updates[0] if message.updates else message.body
    return workspace.now() - posted.at > timedelta(minutes=workspace.edit_minutes)


def _in_span(messages: Sequence[Message], arguments: Arguments) -> list[Message]:
    oldest, latest = str(arguments.get("oldest") or "0"), str(arguments.get("latest") or "9999999999")
    is_inclusive = _flag(arguments, "inclusive")
    return [
        message
        for message in messages
        if _micros(oldest) < _micros(message.ts) < _micros(latest)
        or (is_inclusive and _micros(message.ts) in (_micros(oldest), _micros(latest)))
    ]


def _page(items: Sequence[Item], arguments: Arguments, *, most: int) -> tuple[Sequence[Item], Answer]:
    """The items that `cursor` and `limit` ask for, and the answer's metadata with the next cursor."""
    limit, cursor = int(arguments.get("limit") or 100), str(arguments.get("cursor") or "0")
    if not 1 <= limit <= most:
        raise SlackError("invalid_limit")
    if not cursor.isdigit():
        raise SlackError("invalid_cursor")
    end = int(cursor) + limit
    pagination = {"response_metadata": {"next_cursor": str(end)}} if end < len(items) else {}
    return items[int(cursor) : end], pagination


def _all_shown(workspace: Workspace, messages: Sequence[Message], arguments: Arguments) -> list[Answer]:
    with_metadata = _flag(arguments, "include_all_metadata")
    return [_shown(workspace, message, with_metadata=with_metadata) for message in messages]


def _shown(workspace: Workspace, message: Message, *, with_metadata: bool) -> Answer:
    """A message as the Web API returns it."""
    shown: Answer = {"type": "message", "ts": message.ts, "text": message.text}
    shown |= _BOT if message.author == "bot" else _WEBHOOK
    if message.blocks:
        shown["blocks"] = list(message.blocks)
    if message.thread_ts:
        shown["thread_ts"] = message.thread_ts
    if message.file_id:
        shown["files"] = [{"id": message.file_id, "title": workspace.files[message.file_id].title}]
    if with_metadata and message.metadata:
        shown["metadata"] = message.metadata
    return shown


def _channel(channel: Channel) -> Answer:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.is_private,
        "is_private": channel.is_private,
        "is_member": channel.is_member,
        "is_archived": channel.is_archived,
    }


def _flag(arguments: Arguments, name: str) -> bool:
    return str(arguments.get(name, "")).lower() in ("1", "true")


def _micros(ts: str) -> int:
    """A ts, or any number of seconds, as whole microseconds; a float would not be exact."""
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 1_000_000 + int(fraction[:6].ljust(6, "0"))


def _json(text: str, error: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise SlackError(error) from None
