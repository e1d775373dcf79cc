"""Pages in HTML, from the templates of this package."""

from typing import Any

import jinja2

from temperance.core.version import __version__
from temperance.report.symbols import set_subscripts


def render(template: str, **values: Any) -> str:
    """Fill in a template, symbols with their subscripts.

    Parameters
    ----------
    template : str
        Name of the file in `templates`.
    **values
        What the template names; it knows the library's version besides.

    Returns
    -------
    str
        HTML.
    """
    loader = jinja2.PackageLoader("temperance.report", "templates")
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return set_subscripts(environment.get_template(template).render(version=__version__, **values))
