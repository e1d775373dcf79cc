"""Tables of measured sequences: natural homologues or designs, each with a score."""

import logging
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from temperance.core.bounded_files import open_text
from temperance.core.cells import MISSING, clean_cell, explain_line, open_cells, parse_numbers
from temperance.core.errors import InputError
from temperance.core.settings.design import MeasuredSettings

log = logging.getLogger(__name__)


def read_results(paths: Sequence[str | Path], settings: MeasuredSettings) -> pd.DataFrame:
    """Read tables of measured sequences, separated by tabs, semicolons or commas, plain or packed.

    Rows without a score are left out, and counted in the log.

    Parameters
    ----------
    paths : sequence of path-like
        Tables with a header, of which only the columns that the settings name, and `name`, are read.
    settings : MeasuredSettings
        Names of the columns, in any case of letters.

    Returns
    -------
    pandas.DataFrame
        One row a measured sequence: source (key and path, for messages), table (name of the file), line, name (of the
        column `name`, else of table and line), sequence (as it stands there), measured (the score), group (`temperature
        0.33, l2 0.01`; empty where the row has none of the columns of groups).

    Raises
    ------
    InputError
        If a file cannot be read, lacks a column or has no row with a score, no table has a column of groups, or a row
        has no sequence or no number; names file and line.
    """
    tables, group_names = [], [name.lower() for name in settings.groups]
    grouped = set()
    for path in paths:
        table, names = _read_table(path, settings.sequence.lower(), settings.score.lower(), group_names)
        tables.append(table)
        grouped |= names
    for name in settings.groups:
        if name.lower() not in grouped:
            files = ", ".join(str(path) for path in paths)
            raise InputError(f"measured.groups: {files}: no table has a column {name}; name columns that they have")
    return pd.concat(tables, ignore_index=True)


def _read_table(
    path: str | Path, sequence: str, score: str, groups: Sequence[str]
) -> tuple[pd.DataFrame, set[str]]:  # fmt: skip
    """Read one table; return it, and the columns of groups that it has."""
    source, left_out = f"measured.table: {path}", 0
    with open_text(path) as file:
        line, header, rows = open_cells(file, source, {sequence, score, "name", *groups})
        for key, name in (("sequence", sequence), ("score", score)):
            if header.count(name) != 1:
                raise InputError(
                    f"{source}, line {line}: its columns are {', '.join(header)[:200] or 'none'}; expected a header "
                    f"with the column {name} once, or name another one in measured.{key}"
                )
        if repeated := [name for name in (*groups, "name") if header.count(name) > 1]:
            raise InputError(f"{source}, line {line}: the column {repeated[0]} is there twice; keep one of them")
        positions = {name: header.index(name) for name in {sequence, score, "name", *groups} if name in header}
        entries = []
        for number, cells in rows:
            texts = {name: clean_cell(cells[position]) for name, position in positions.items()}
            if texts[score].lower() in MISSING:
                left_out += 1
                continue
            if not texts[sequence]:
                raise explain_line(source, number, f"the column {sequence} is empty; expected a sequence")
            label = texts.get("name") or f"{Path(path).stem}:{number}"
            residues = "".join(texts[sequence].split())
            entries.append((number, label, residues, texts[score], _format_group(texts, groups)))
    if left_out:
        log.info("%s: left out are %d rows without a score", path, left_out)
    if not entries:
        raise InputError(f"{source}: has no sequence with a score in columns {sequence} and {score}")
    table = pd.DataFrame(entries, columns=["line", "name", "sequence", "measured", "group"])
    table["measured"] = parse_numbers(list(table["measured"]), list(table["line"]), source, score)
    table.insert(0, "table", Path(path).name)
    table.insert(0, "source", source)
    return table, set(groups) & set(header)


def _format_group(texts: dict[str, str], groups: Sequence[str]) -> str:
    """Name the group of a row by its cells: `temperature 0.33, l2 0.01`."""
    cells = [(name, texts.get(name, "")) for name in groups]
    return ", ".join(f"{name} {_plain(cell)}" for name, cell in cells if cell.lower() not in MISSING)


def _plain(cell: str) -> str:
    """Write a number in one way, so that 1 and 1.0 are one group."""
    try:
        return f"{float(cell):g}"
    except ValueError:
        return cell
