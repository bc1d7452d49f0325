"""A command that a message offers does what it says in a shell, whatever its event is called."""

import shlex
import subprocess
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detect.hostile import TEXTS
from detect.messages.wording.cast import NOW, RISE, TIMES, WITH_CONSOLE, lasting, shown
from mixpanel_data.base.redaction import Redactor
from mixpanel_data.detect.messages.wording.commands import explain, mute, shell_word


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Purchase", "Purchase"),
        ("Checkout Failed", "'Checkout Failed'"),
        ("$session_start", "'$session_start'"),
        ("Café, bought (new)", "'Café, bought (new)'"),
        ("it's", r"$'it\x27s'"),
        ("`id`; rm -rf ~ & $(id)", r"$'\x60id\x60\x3b rm -rf \x7e \x26 \x24\x28id\x29'"),
        ("a\nb", r"$'a\x0ab'"),
        ("100%", r"$'100\x25'"),
        ("購入!", r"$'\u8cfc\u5165\x21'"),
        ("😀*", r"$'\U0001f600\x2a'"),
        ("a  b", "$'a  b'"),
        ("", None),
        ("\ud800", None),
        ("a\x00b", None),
        ("x" * 300, None),
    ],
)
def test_a_name_is_one_word_of_a_command(name: str, word: str | None) -> None:
    assert shell_word(name) == word


@settings(max_examples=60)
@given(TEXTS | st.text("'\"$`\\;&|<>(){}!*?~#%^ \n\tab-é", max_size=20))
@example("'; touch /tmp/evil; '")
def test_no_name_leaves_its_word(name: str) -> None:
    word = shell_word(name)
    if word is None:
        return
    inside = word.removeprefix("$").removeprefix("'").removesuffix("'")
    assert "'" not in inside
    if word.startswith("$'"):
        assert not set(inside) & set("'\"$`;&|<>(){}!*?~#%^\n\t@")
    else:
        assert shlex.split(word) == [name]


def test_bash_reads_every_name_as_it_is() -> None:
    names = ["it's", "`id` $(id) \\", "a\nb\x1b[31m", "購入! 😀", "-x --y"]
    names += ["%PATH% ^& !1", "@here <!channel>", "\u202eevil"]
    words = " ".join(filter(None, map(shell_word, names)))
    script = f"printf '%s\\0' {words}"
    found = subprocess.run(["bash", "-c", script], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    assert found.stdout.decode().split("\0")[:-1] == names


def test_a_name_that_looks_like_an_option_stands_behind_the_end_of_options() -> None:
    incident = replace(RISE, event_name="--all")
    assert mute(incident, Redactor()) == "`mp detect mute --for 2h -- '--all'`"
    assert (explain(lasting(incident), Redactor(), TIMES) or "").endswith(" -- '--all'`")


def test_a_name_that_must_not_be_shown_is_in_no_command() -> None:
    incident = replace(RISE, event_name="Mail from ann@example.com")
    assert mute(incident, Redactor()) is None
    text = shown(WITH_CONSOLE.alert([lasting(incident)], NOW))
    assert "take the event's whole name, which is not shown here" in text
    assert "`alerts`, incident 3fa9c1d2" in text
