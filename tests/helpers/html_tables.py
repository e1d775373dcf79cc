"""Tables of pages, read back."""

import re


def cells(page: str, name: str) -> list[list[str]]:
    """Header and rows of a table of the page."""
    table = re.search(rf'<table data-name="{re.escape(name)}">(.*?)</table>', page, re.S)[1]
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in re.findall(r"<tr>(.*?)</tr>", table, re.S)]
