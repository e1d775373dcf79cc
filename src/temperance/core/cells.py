"""Tables that users give, from spreadsheets and databases: their header, their rows with lines, numbers in cells."""

import csv
import re
from collections.abc import Collection, Iterator, Sequence
from typing import TextIO

import numpy as np

from temperance.core.errors import InputError

MISSING = {"", "na", "nan", "n/a", "#n/a", "none", "null"}
"""What tables write, in lower case, where there is no value."""

_SEPARATORS = ("\t", ";", ",")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_MOST_ROWS = 1_000_000

Row = tuple[int, list[str]]


def explain_line(source: str, line: int, reason: str) -> InputError:
    """Explain what is wrong with a line of a table.

    Parameters
    ----------
    source : str
        Key of the configuration and path of the file, as in `mutants.table: scores.csv`.
    line : int
        Number of the line, from 1.
    reason : str
        What is wrong; what would be right.

    Returns
    -------
    InputError
        To be raised.
    """
    return InputError(f"{source}, line {line}: {reason}")


def open_cells(file: TextIO, source: str, expected: Collection[str]) -> tuple[int, list[str], Iterator[Row]]:
    """Find the header of a table, and read the rows below it.

    Columns are separated by tabs, semicolons or commas, whichever gives more of the expected names. Empty lines and
    lines that begin with `#` before the header are ignored.

    Parameters
    ----------
    file : file
        Text, read from its beginning.
    source : str
        Key and path, as of `explain_line`.
    expected : collection of str
        Names that columns may have, in lower case.

    Returns
    -------
    line : int
        Of the header.
    header : list of str
        Names of the columns, in lower case.
    rows : iterator of (int, list of str)
        Line and cells of each row; it raises `InputError` where a row is damaged or has not as many cells as the
        header.
    """
    lines = ((number, text) for number, text in enumerate(file, 1) if text.strip() and not text.startswith("#"))
    # Spreadsheets are told of the separator by a line of its own.
    line, text = next((row for row in lines if not re.match(r'"?sep=.?"?$', row[1].rstrip("\n"))), (1, ""))
    names = {separator: next(csv.reader([text], delimiter=separator), []) for separator in _SEPARATORS}
    names = {separator: [clean_cell(name).lower() for name in cells] for separator, cells in names.items()}
    separator = max(names, key=lambda option: (len(set(expected).intersection(names[option])), len(names[option])))
    header = names[separator]

    def _rows() -> Iterator[Row]:
        reader = csv.reader(file, delimiter=separator, strict=True)
        try:
            for cells in reader:
                number = line + reader.line_num
                if number > _MOST_ROWS:
                    raise explain_line(source, number, f"more than {_MOST_ROWS:,} rows")
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) < len(header) or any(cell.strip() for cell in cells[len(header) :]):
                    hint = "; decimal commas need semicolons between columns" if separator == "," else ""
                    raise explain_line(source, number, f"{len(cells)} cells, the header has {len(header)}{hint}")
                yield number, cells
        except csv.Error as error:
            reason = f"quotes or cells are damaged ({error})"
            raise explain_line(source, line + reader.line_num, reason) from None

    return line, header, _rows()


def clean_cell(cell: str) -> str:
    """Strip a cell of blanks, and of what spreadsheets write around text.

    Parameters
    ----------
    cell : str
        As it stands in the file.

    Returns
    -------
    str

    Examples
    --------
    >>> clean_cell(' ="A12V" ')
    'A12V'
    """
    cell = cell.strip()
    return cell[2:-1].strip() if cell.startswith('="') and cell.endswith('"') else cell


def parse_numbers(texts: Sequence[str], lines: Sequence[int], source: str, name: str = "score") -> np.ndarray:
    """Parse the numbers of a column, which have decimal points or decimal commas throughout.

    Parameters
    ----------
    texts : sequence of str
        Cells.
    lines : sequence of int
        Their lines.
    source : str
        Key and path, as of `explain_line`.
    name : str
        Name of the column.

    Returns
    -------
    np.ndarray
        (N,) float.

    Raises
    ------
    InputError
        If a cell is no finite number, or some have decimal points and others decimal commas; names file and line.
    """
    plain = [text.replace("\N{MINUS SIGN}", "-") for text in texts]
    commas, points = ([number for number, text in enumerate(plain) if mark in text] for mark in ",.")
    if commas and points:
        raise explain_line(
            source, lines[points[0]], f"{name} '{texts[points[0]][:30]}' has a decimal point, and that of line "
            f"{lines[commas[0]]} a decimal comma; use one of the two"
        )  # fmt: skip
    plain = [text.replace(",", ".", 1) for text in plain]
    for number, text in enumerate(plain):
        if not _NUMBER.fullmatch(text) or not np.isfinite(float(text)):
            reason = "is not a finite number; leave the cell empty where nothing was measured"
            if text.lower() in ("true", "false", "yes", "no"):
                reason = "is not a number; write 1 for what is true, 0 for what is not"
            raise explain_line(source, lines[number], f"{name} '{texts[number][:30]}' {reason}")
    return np.array([float(text) for text in plain])
