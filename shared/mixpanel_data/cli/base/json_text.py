"""JSON on its way to stdout: through a jq program if there is one, and measured."""

import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from mixpanel_data.base.errors import RequestError
from mixpanel_data.base.visible_text import visible_json

_LARGE_BYTES = 1_000_000


class JsonText:
    """The JSON that a command writes. `size` is what it wrote so far, in bytes."""

    def __init__(self, program: str | None, other_format: str | None = None) -> None:
        """`program` is a jq program. Raises RequestError if it is wrong, or if another format than JSON is written."""
        if program is not None and other_format is not None:
            raise RequestError(f"--jq reads JSON, and the format is {other_format}. Give --format json or jsonl.")
        self._program = None if program is None else _compiled(program)
        self.size = 0

    @property
    def is_large(self) -> bool:
        """Whether somebody may be surprised by the size."""
        return self.size > _LARGE_BYTES

    def write_document(self, text: str) -> None:
        """Write a JSON document and a line break, or the results of the jq program, each on a line."""
        for line in [text] if self._program is None else _results(self._program, text):
            self._write(f"{line}\n")

    def write_array(self, elements: Iterable[str]) -> None:
        """Write JSON documents as an array with a line each, one after the other unless a jq program needs them all."""
        if self._program is not None:
            self.write_document(f"[{','.join(elements)}]")
            return
        separator = "[\n  "
        for element in elements:
            self._write(f"{separator}{element}")
            separator = ",\n  "
        self._write("[]\n" if separator.startswith("[") else "\n]\n")

    def _write(self, text: str) -> None:
        text = visible_json(text)
        self.size += len(text) if text.isascii() else len(text.encode(errors="replace"))
        sys.stdout.write(text)


def _compiled(program: str) -> Any:
    import jq

    try:
        return jq.compile(program)
    except ValueError as error:
        raise RequestError(f"--jq is not a valid program: {error}") from error


def _results(program: Any, text: str) -> Iterator[str]:
    """The results as jq prints them with -c. Raises RequestError for a program that fails on this input."""
    try:
        for result in program.input_text(text):
            yield json.dumps(result, ensure_ascii=False, separators=(",", ":"))
    except ValueError as error:
        raise RequestError(f"--jq fails on this output: {error}") from error
