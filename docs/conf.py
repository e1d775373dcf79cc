"""Settings of the documentation's site, which Sphinx builds of the pages of the whole project: `make docs`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))

from temperance.core.version import __version__
from temperance.report.symbols import set_subscripts

project, author, copyright = "temperance", "the authors of temperance", "the authors of temperance"
version = release = __version__
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/*.md", "docs/**/*.md", "config/README.md", "benchmarks/README.md", "docs/api/*.rst"]
# Pages of claims are linked from their overview.
suppress_warnings = ["toc.not_included"]
# Names of headings in links as code hosts make them.
myst_heading_anchors = 4
myst_url_schemes = ("http", "https", "mailto")

templates_path = ["docs/templates"]
autosummary_generate = True
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_theme = "furo"
html_title = "temperance"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False


def setup(app):
    app.connect("html-page-context", write_subscripts)
    # Tag `pages`: without the library's reference, which takes a minute.
    if app.tags.has("pages"):
        app.config.autosummary_generate = False
        app.config.include_patterns.remove("docs/api/*.rst")
        app.connect("source-read", leave_out_modules)


def leave_out_modules(app, name, source):
    if name == "docs/reference":
        source[0] = source[0].split("```")[0]


def write_subscripts(app, name, template, context, doctree):
    for html in context.keys() & {"body", "toc"}:
        context[html] = set_subscripts(context[html])
