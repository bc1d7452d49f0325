"""A message of ours goes into two cells: what is wrong, and what to do."""

import ast
import re

import pytest

from mixpanel_data.doctor.wording import told
from support.imports import LIBRARY, tree_of

# What the checks look at is told by these rooms.
ROOMS = ("accounts", "configuration", "runs", "warehouse", "wiring")
# What begins with one of these goes on about what is wrong.
NO_REMEDY = {"A", "An", "Everything", "It", "Nothing", "The", "There", "This"}


def text_of(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(text_of, parts))
    return "7"


@pytest.mark.parametrize("room", ROOMS)
def test_the_remedy_of_every_message_is_found(room: str) -> None:
    calls = [node for path in (LIBRARY / room).rglob("*.py") for node in ast.walk(tree_of(path))]
    messages = [
        text_of(node.args[0])
        for node in calls
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id.endswith("Error")
        and node.args
    ]
    assert messages
    without = [message for message in messages if not told(Exception(message)).remedy]
    assert [each for each in without if set(re.findall(r"\. ([A-Z]\w*)", each)) - NO_REMEDY] == []
