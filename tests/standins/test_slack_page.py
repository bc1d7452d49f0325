"""The stand-in Slack as people see it: messages look as in Slack, and cannot add tags of their own."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from html.parser import HTMLParser
from typing import Any

import pytest
import requests

from mixpanel_data_standins.slack import StandInSlack
from mixpanel_data_standins.slack.mrkdwn import plain, rendered

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
EVIL = '<script>alert(1)</script>" onmouseover="x" <img src=x onerror=y> &lt;b&gt; \ue0000\ue001'
VOID = ("br", "hr", "img", "meta")


@pytest.fixture
def slack() -> Iterator[StandInSlack]:
    with StandInSlack(["alerts", "sales"], now=lambda: NOW) as running:
        yield running


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*bold* _italic_ ~struck~ `code`", "<b>bold</b> <i>italic</i> <s>struck</s> <code>code</code>"),
        ("2*3*4 snake_case_name", "2*3*4 snake_case_name"),
        ("*a `b*` c*", "<b>a <code>b*</code> c</b>"),
        ("one\ntwo", "one<br>two"),
        ("```a *b*\n<c```", "<pre>a *b*\n&lt;c</pre>"),
        ("> quoted\n&gt; too\nnot", "<blockquote>quoted<br>too</blockquote>not"),
        ("a &amp;&lt;b&gt; & c", "a &amp;&lt;b&gt; &amp; c"),
        ("&amp;lt;", "&amp;lt;"),
        (
            "<https://x.example/?a=1&amp;b=2|the *query*>",
            '<a href="https://x.example/?a=1&amp;b=2" rel="noopener noreferrer" target="_blank">the *query*</a>',
        ),
        ("<javascript:alert(1)|click>", "&lt;javascript:alert(1)|click&gt;"),
        (
            "<!channel> <!subteam^S1|@oncall>",
            '<span class="mention loud">@channel</span> <span class="mention loud">@oncall</span>',
        ),
        ("<@U123> <#C1|sales>", '<span class="mention">@U123</span> <span class="mention">#sales</span>'),
        (
            "<!date^1772420400^{date_short_pretty} {time}|then>",
            '<time title="2026-03-02 03:00:00 UTC">Mar 2, 2026 03:00</time>',
        ),
        ("<!date^x^{time}|then>", "then"),
        (":rotating_light: :unknown:", "🚨 :unknown:"),
    ],
)
def test_markup_is_shown_as_slack_shows_it(text: str, shown: str) -> None:
    assert rendered(text) == shown


def test_plain_text_has_no_markup() -> None:
    assert plain("*a* <b> &lt;") == "*a* &lt;b&gt; &amp;lt;"


class Tags(HTMLParser):
    """The tags of a page in order, checked to be closed as they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def look(slack: StandInSlack) -> Tags:
    answer = requests.get(f"{slack.url}/", timeout=10)
    answer.encoding = "utf-8"
    tags = Tags()
    tags.feed(answer.text)
    assert tags.open == []
    return tags


def mrkdwn(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}


def plain_text(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def every_block(text: str) -> list[dict[str, Any]]:
    image = {"type": "image", "image_url": f"https://x.example/{text}", "alt_text": text}
    return [
        {"type": "header", "text": plain_text(text)},
        {"type": "section", "text": mrkdwn(text), "fields": [mrkdwn(text), plain_text(text)], "accessory": image},
        {"type": "context", "elements": [image, mrkdwn(text)]},
        {"type": "divider"},
        {**image, "title": plain_text(text)},
        {"type": "actions", "elements": [{"type": "button", "text": plain_text(text), "url": text}]},
    ]


def test_an_empty_workspace_shows_its_channels(slack: StandInSlack) -> None:
    slack.add_channel("old", is_archived=True, is_member=False)
    shown = look(slack).text
    assert "# alerts" in shown
    assert "No messages yet." in shown
    assert "archived, the bot is not a member" in shown


def test_all_blocks_are_shown(slack: StandInSlack) -> None:
    slack.post(slack.channel("alerts"), "bot", "a notification", every_block("812"))
    tags = look(slack)
    kinds = {attributes.get("class") for _, attributes in tags.seen}
    assert {"header", "section", "fields", "context", "images", "actions", "accessory"} <= kinds
    assert tags.text.count("812") == 7
    assert "a notification" not in tags.text


def test_no_message_gets_a_tag_or_an_attribute_through(slack: StandInSlack) -> None:
    channel = slack.add_channel(EVIL)
    ts = slack.post(channel, "bot", EVIL, every_block(EVIL)).ts
    slack.post(channel, "webhook", EVIL, thread_ts=ts)
    slack.update(slack.messages[0], EVIL, every_block(f"*{EVIL}*\n>{EVIL}"), None)
    file = slack.add_file(EVIL, EVIL)
    slack.put_file(file.id, b"png")
    slack.post(channel, "bot", "", file_id=file.id)
    tags = look(slack)
    assert [attributes for tag, attributes in tags.seen if tag == "script"] == [{}]
    attributes = {name for _, each in tags.seen for name in each}
    assert not {name for name in attributes if name.startswith("on")}
    assert {each.get("src") for tag, each in tags.seen if tag == "img"} <= {
        f"https://x.example/{EVIL}",
        f"https://x.example/*{EVIL}*\n>{EVIL}",
        f"/files/{file.id}",
        "",
    }


def test_a_thread_is_under_its_message_and_an_update_is_marked(slack: StandInSlack) -> None:
    channel = slack.channel("alerts")
    message = slack.post(channel, "bot", "it began")
    slack.post(channel, "bot", "another one")
    slack.post(channel, "bot", "it is over", thread_ts=message.ts)
    slack.now = lambda: NOW + timedelta(minutes=7)
    slack.update(message, "it goes on", [], None)
    shown = look(slack).text
    places = [shown.index(text) for text in ("it goes on", "it began", "1 reply", "it is over", "another one")]
    assert places == sorted(places)
    assert "updated 1×, last Mar 2, 03:07:00" in shown


def test_the_page_can_run_only_its_own_script(slack: StandInSlack) -> None:
    answer = requests.get(f"{slack.url}/", timeout=10)
    script = answer.content.partition(b"<script>")[2].partition(b"</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_page_has_a_new_version_once_something_changed(slack: StandInSlack) -> None:
    def version() -> str | None:
        return next(attributes for tag, attributes in look(slack).seen if tag == "body")["data-version"]

    first = version()
    assert version() == first
    slack.post(slack.channel("alerts"), "bot", "new")
    assert version() != first


def test_a_note_that_changes_leaves_the_page_as_its_reader_has_it(slack: StandInSlack) -> None:
    versions = set()
    for note in ("", "It is 12:00 UTC.", "It is <b>12:01</b> UTC."):
        slack.note = partial(str, note)
        tags = look(slack)
        assert note in tags.text
        versions |= {attributes["data-version"] for tag, attributes in tags.seen if tag == "body"}
    assert len(versions) == 1


def test_a_message_lists_its_mentions(slack: StandInSlack) -> None:
    blocks = [
        {"type": "section", "text": mrkdwn("<@U1> <!date^1^{time}|t> <https://x|y>")},
        *every_block("&lt;!here&gt;"),
    ]
    message = slack.post(slack.channel("alerts"), "bot", "<!channel> &lt;!everyone&gt;", blocks)
    assert message.mentions == ["<!channel>", "<@U1>"]
