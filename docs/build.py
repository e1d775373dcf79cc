"""Build the documentation as a folder of pages, and see that every link within it leads somewhere.

Usage: python docs/build.py [FOLDER]      (site, unless another is named)
"""

import re
import shutil
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import jinja2
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[1]
NAVIGATION = {
    "README.md": "start", "docs/guide.md": "guide", "docs/method.md": "method", "docs/gallery.md": "gallery",
    "docs/faq.md": "questions", "config/README.md": "every key", "docs/studies.md": "studies",
    "docs/claims/README.md": "claims", "docs/coverage.md": "intervals", "docs/scale.md": "many families",
    "benchmarks/README.md": "benchmarks", "docs/architecture.md": "architecture", "docs/licences.md": "licences",
    "CHANGELOG.md": "changes",
}  # fmt: skip
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


def slug(heading: str) -> str:
    """A heading's name in links, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def parsed(path: Path) -> list[Token]:
    """The parts of a page; headings have names."""
    tokens = MARKDOWN.parse(path.read_text(encoding="utf-8"))
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", slug("".join(part.content for part in inline.children or [])))
    return tokens


def links(tokens: list[Token]) -> Iterator[tuple[Token, str]]:
    """Every link and picture of a page, with the attribute that says where it leads."""
    for token in tokens:
        for part in token.children or []:
            for attribute in ("href", "src"):
                if part.attrGet(attribute):
                    yield part, attribute


def build(root: Path, site: Path, pages: list[str]) -> list[str]:
    """Write all pages and the files that they name; what links lead nowhere, a line each."""
    parts = {page: parsed(root / page) for page in pages}
    names = {page: {token.attrGet("id") for token in tokens} for page, tokens in parts.items()}
    template, faults = jinja2.Template((Path(__file__).parent / "page.html.j2").read_text(encoding="utf-8")), []
    for page, tokens in parts.items():
        for part, attribute in links(tokens):
            goal = str(part.attrGet(attribute))
            if re.match(r"[a-z]+:", goal):
                continue
            file, _, anchor = unquote(goal).partition("#")
            target = (root / page).parent.joinpath(file).resolve() if file else root / page
            if not target.is_relative_to(root) or not target.exists():
                faults.append(f"{page}: {goal}: there is no such file")
                continue
            place = target.relative_to(root).as_posix()
            if target.is_dir():
                continue
            if place in parts:
                if anchor and anchor not in names[place]:
                    faults.append(f"{page}: {goal}: {place} has no heading of that name")
                part.attrSet(attribute, re.sub(r"\.md(?=#|$)", ".html", goal))
            else:
                (site / place).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(target, site / place)
        title = next((t.content for t in tokens if t.type == "inline"), page)
        up = "../" * page.count("/")
        navigation = [(up + re.sub(r"\.md$", ".html", of), name, of == page) for of, name in NAVIGATION.items()]
        body = (
            MarkdownIt("commonmark", {"html": True}).enable("table").renderer.render(tokens, MarkdownIt().options, {})
        )
        path = site / re.sub(r"\.md$", ".html", page)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template.render(title=title, navigation=navigation, body=body), encoding="utf-8")
    return faults


if __name__ == "__main__":
    site = Path(sys.argv[1] if len(sys.argv) > 1 else "site").resolve()
    every = [*NAVIGATION, *sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "docs" / "claims").glob("[a-z]*.md"))]
    faults = build(ROOT, site, every)
    print("\n".join(faults) if faults else f"{len(every)} pages, every link leads somewhere: {site / 'README.html'}")
    sys.exit(bool(faults))
