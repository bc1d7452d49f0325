"""MkDocs hooks: pages of the site that lie outside of `docs/`, and links that work on GitHub as well as in the site.

In the repository a link from page to page is the path between the two files. The site has all pages in one folder.
"""

import re
from pathlib import Path
from posixpath import normpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
# Where each of these pages lies in the repository, by its name in the site.
ELSEWHERE = {
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "glossary.md": "GLOSSARY.md",
    "infra.md": "infra/README.md",
    "security.md": "SECURITY.md",
}
_NAMES = {path: name for name, path in ELSEWHERE.items()}
_LOADED = re.compile(r'<(?:script|img|iframe|link)\b[^>]* (?:src|href)="(https?:[^"]*)"')
_LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie elsewhere."""
    for name, path in ELSEWHERE.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / path)))
    return files


def on_post_page(output: str, page: Page, **_: object) -> str:
    """Refuse a page that would load something from another host when it is read."""
    if loaded := _LOADED.findall(output):
        raise PluginError(f"{page.file.src_uri} loads {', '.join(loaded)}. Keep what a page needs in the site itself.")
    return output


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Lead the links of a page to the pages of the site."""
    folder = Path(ELSEWHERE.get(page.file.src_uri, f"docs/{page.file.src_uri}")).parent.as_posix()

    def in_the_site(link: re.Match[str]) -> str:
        path = normpath(f"{folder}/{link[1]}")
        return f"]({_NAMES.get(path, path.removeprefix('docs/'))}"

    return _LINK.sub(in_the_site, markdown)
