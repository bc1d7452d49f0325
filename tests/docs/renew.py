"""Renews all parts of the documentation that are made from the code: `make docs` runs this.

A page holds such a part between two comments, `<!-- made: NAME -->` and `<!-- end -->`; pictures are files of their
own. tests/docs/test_made.py fails where a part differs from what this would write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from docs import alert, architecture, command_line, definitions, flows, jobs, library, schedules, tables
from support.imports import ROOT

DOCS = ROOT / "docs"

TEXTS: Mapping[str, Callable[[], str]] = {
    "accounts": library.accounts,
    "commands": command_line.markdown,
    "definitions": definitions.markdown,
    "jobs": jobs.markdown,
    "results": library.results,
    "schedules": schedules.markdown,
    "tables": tables.markdown,
    "workspace": library.workspace,
}
"""What makes each text, by the name in its page's comment."""

PICTURES: Mapping[str, Callable[[], str]] = {
    "alert": alert.picture,
    "architecture": architecture.picture,
    **{name: lambda flow=flow: flows.draw(flow) for name, flow in flows.FLOWS.items()},  # type: ignore[misc]
}
"""What draws each picture, by its name in docs/images/."""

_MADE = re.compile(r"(<!-- made: ([a-z]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def renewed(page: str) -> str:
    """A page's text with its made parts as they would be made now. Raises KeyError for a part that nothing makes."""
    return _MADE.sub(lambda found: f"{found[1]}\n{TEXTS[found[2]]()}\n\n{found[4]}", page)


def path_of(picture: str) -> Path:
    """Where a picture lies."""
    return DOCS / "images" / f"{picture}.svg"


def main() -> None:
    """Write every made part anew, and say which files changed."""
    for page in sorted(DOCS.glob("*.md")):
        _write(page, renewed(page.read_text(encoding="utf-8")))
    for name, draw in PICTURES.items():
        _write(path_of(name), draw())


def _write(path: Path, text: str) -> None:
    before = path.read_text(encoding="utf-8") if path.exists() else None
    if text != before:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"renewed {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
