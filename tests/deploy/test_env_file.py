"""`.env`, as `./deploy.sh setup` and `mp init` write it, read without the library for such files."""

import io

import pytest
from deploy.env_file import edited, plain_variables
from dotenv import dotenv_values


@pytest.mark.parametrize(
    "value", ["", "#alerts", "a b", "it's", 'a "b"', "C:\\new", "two\nlines\r\n", "${HOME}", "'$${{", "x\u2028y"]
)
def test_what_is_written_is_read_as_it_was_with_and_without_the_library(value: str) -> None:
    text = edited("# Ours.\nA=1\nexport B='old'\n", {"B": value, "C": value})
    wanted = {"A": "1", "B": value, "C": value}
    assert plain_variables(text) == dotenv_values(stream=io.StringIO(text)) == wanted
    assert text.startswith("# Ours.\nA=1\nB=")
    assert edited(text, wanted) == text


@pytest.mark.parametrize("line", ["A=${B}", "A='${B}'", r'A="\t"', "A=b # c", "A='b", 'A="b\nc"', "A"])
def test_lines_that_are_not_plain_are_left_to_the_library(line: str) -> None:
    assert plain_variables(f"C=1\n{line}\n") is None
