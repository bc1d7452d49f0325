"""The pages as text: their fenced blocks, their tables, their prose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from support.imports import ROOT

_IN_ORDER = (
    *("README.md", "docs/getting-started.md", "docs/command-line.md", "docs/tables.md"),
    *("docs/reports.md", "docs/segments.md"),
)
_ELSEWHERE = ("CONTRIBUTING.md", "GLOSSARY.md", "SECURITY.md", "infra/README.md")
PAGES = (
    *_IN_ORDER,
    *sorted(
        path
        for path in (one.relative_to(ROOT).as_posix() for one in (ROOT / "docs").glob("*.md"))
        if path not in _IN_ORDER
    ),
    *_ELSEWHERE,
)
"""Every page, by its path in the repository; first those whose commands a reader runs in this order."""

_FENCED = re.compile(r"^( *)```([^\n]*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its page, the language and the rest of its fence, and its text without indentation."""

    page: str
    fence: str
    text: str

    @property
    def language(self) -> str:
        """The first word of the fence."""
        return self.fence.split(" ")[0]

    @property
    def commands(self) -> list[str]:
        """Its lines; one that ends with a backslash goes on in the next."""
        return self.text.replace("\\\n", " ").splitlines()

    def __str__(self) -> str:
        return f"{self.page}: {self.text.splitlines()[0][:60]}"


@cache
def text_of(page: str) -> str:
    """A page's Markdown."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(*languages: str, pages: tuple[str, ...] = PAGES) -> list[Block]:
    """The blocks of these languages (default: of all) in these pages, in order."""
    found = [
        Block(page, match[2], re.sub(rf"^{match[1]}", "", match[3], flags=re.MULTILINE))
        for page in pages
        for match in _FENCED.finditer(text_of(page))
    ]
    return [block for block in found if not languages or block.language in languages]


def shown_by_the_demo() -> list[str]:
    """The lines of the demo's output that the README shows, in order, as `without_chance` leaves them."""
    output, *_ = blocks("text", pages=("README.md",))
    return [without_chance(line) for line in output.text.splitlines() if line not in ("", "...")]


def without_chance(line: str) -> str:
    """A line of the demo's output without what differs between two runs: ports, and the figures of the alert."""
    if not line.startswith("In Slack"):
        return re.sub(r"(?<=127\.0\.0\.1:)[0-9]+", "N", line).rstrip()
    # Shortly after midnight, an alert names the day on which its incident started.
    without_day = re.sub(r"(?<= began )[0-9]{1,2} [A-Z][a-z]{2} ", "", line)
    return re.sub(r"[0-9.]+", "N", without_day).rstrip()


def tables(page: str, *header: str) -> list[list[str]]:
    """The rows of all tables of a page with this header, the cells without back-quotes."""
    rows: list[list[str]] = []
    for table in re.findall(r"(?:^\|.*\n)+", text_of(page), re.MULTILINE):
        cells = [
            [cell.strip().replace("`", "").replace("\0", "|") for cell in line.strip("|").split("|")]
            for line in table.replace("\\|", "\0").splitlines()
        ]
        if tuple(cells[0]) == header:
            rows += cells[2:]
    return rows


def prose(page: str) -> list[str]:
    """The lines of a page that are sentences: no block, table, title, comment or data in front."""
    plain = re.sub(r"\A---\n.*?^---$", "", _FENCED.sub("", text_of(page)), flags=re.MULTILINE | re.DOTALL)
    return [line for line in plain.splitlines() if line and not line.lstrip().startswith(("|", "#", "<!--"))]


def name_of(path: Path) -> str:
    """A file's path in the repository."""
    return path.relative_to(ROOT).as_posix()
