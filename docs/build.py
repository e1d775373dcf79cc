"""Build the documentation as a folder of pages, and see that every link within it leads somewhere.

Usage: python docs/build.py [FOLDER]      (site, unless another is named)
"""

import ast
import html
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
    "docs/sources.md": "sources", "docs/models.md": "models", "docs/formats.md": "formats",
    "docs/library.md": "library", "docs/validation.md": "experiments",
    "docs/faq.md": "questions", "config/README.md": "every key", "docs/studies.md": "studies",
    "docs/theory.md": "theory", "docs/claims/README.md": "claims", "docs/paper.md": "the paper's figures",
    "docs/coverage.md": "intervals", "docs/scale.md": "many families",
    "benchmarks/README.md": "benchmarks", "docs/architecture.md": "architecture", "docs/testing.md": "testing",
    "docs/licences.md": "licences",
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


def navigation(page: str) -> list[tuple[str, str, bool]]:
    """Of a page: where each other lies, its name, and whether it is the page itself."""
    up = "../" * page.count("/")
    return [(up + re.sub(r"\.md$", ".html", of), name, of == page) for of, name in NAVIGATION.items()]


def reference(folder: Path) -> list[tuple[str, str]]:
    """Modules of the package in a folder, each with a page made of the docstrings of what is public in it."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        name = ".".join(path.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__")
        if path.name.startswith("_") and path.name != "__init__.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        body = [f"<h1>{name}</h1>", _documented(tree), *_members(tree)]
        found.append((name, "\n".join(body)))
    return found


def _members(tree: ast.Module | ast.ClassDef, within: str = "") -> Iterator[str]:
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        level, name = ("h3", f"{within}.{node.name}") if within else ("h2", node.name)
        if isinstance(node, ast.FunctionDef):
            returned = f" -> {ast.unparse(node.returns)}" if node.returns else ""
            signature = f"{node.name}({ast.unparse(node.args)}){returned}"
        else:
            signature = f"class {node.name}"
        yield f'<{level} id="{name}">{name}</{level}>'
        yield f"<pre><code>{html.escape(signature)}</code></pre>{_documented(node)}"
        if isinstance(node, ast.ClassDef):
            yield from _members(node, node.name)


def _documented(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> str:
    said = ast.get_docstring(node)
    return f"<pre>{html.escape(said)}</pre>" if said else ""


def write_reference(root: Path, site: Path) -> None:
    """The pages of the package, and one that names them."""
    template = jinja2.Template((Path(__file__).parent / "page.html.j2").read_text(encoding="utf-8"))
    modules = reference(root / "src" / "temperance")
    listed = "".join(f'<li><a href="{name}.html">{name}</a></li>' for name, _ in modules)
    folder = site / "docs" / "api"
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in [*modules, ("index", f"<h1>Modules</h1><ul>{listed}</ul>")]:
        up = "" if name == "index" else '<p><a href="index.html">all modules</a></p>'
        page = template.render(title=name, navigation=navigation("docs/api/"), body=up + body)
        (folder / f"{name}.html").write_text(page, encoding="utf-8")


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
            if file.startswith("api/"):
                if not (site / page).parent.joinpath(file).exists():
                    faults.append(f"{page}: {goal}: no module of that name")
                continue
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
        body = (
            MarkdownIt("commonmark", {"html": True}).enable("table").renderer.render(tokens, MarkdownIt().options, {})
        )
        path = site / re.sub(r"\.md$", ".html", page)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(template.render(title=title, navigation=navigation(page), body=body), encoding="utf-8")
    return faults


if __name__ == "__main__":
    site = Path(sys.argv[1] if len(sys.argv) > 1 else "site").resolve()
    every = [*NAVIGATION, *sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / "docs" / "claims").glob("[a-z]*.md"))]
    write_reference(ROOT, site)
    faults = build(ROOT, site, every)
    print("\n".join(faults) if faults else f"{len(every)} pages, every link leads somewhere: {site / 'README.html'}")
    sys.exit(bool(faults))
