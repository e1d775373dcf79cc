"""Subscripts of symbols, which texts of the library write with an underscore: τ_f, τ_train, Q_τ."""

import re

# A symbol and its subscript.
SYMBOL = re.compile(r"\b([τQ])_([A-Za-zτ]+)\b")
# What a page holds besides text: drawings, scripts, styles and titles, which have no subscripts, and tags.
_OTHER = re.compile(r"(<(svg|script|style|title)\b.*?</\2>|<[^>]*>)", re.S)


def set_subscripts(html: str) -> str:
    """Write the symbols of a page's text with subscripts.

    Parameters
    ----------
    html : str
        A page, or a part of one. Its tags, drawings and scripts stay as they are.

    Returns
    -------
    str
        The same with ``<sub>``.

    Examples
    --------
    >>> set_subscripts('<p title="τ_f">τ_f is 1.2.</p>')
    '<p title="τ_f">τ<sub>f</sub> is 1.2.</p>'
    """
    pieces = _OTHER.split(html)
    # Three a match: text, then all that was matched, then the name of its tag.
    pieces[::3] = [SYMBOL.sub(r"\1<sub>\2</sub>", text) for text in pieces[::3]]
    return "".join(piece for number, piece in enumerate(pieces) if number % 3 < 2)
