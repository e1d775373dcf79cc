"""Read families from a table: one row a family, any key a column."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pydantic

from temperance.core.errors import InputError
from temperance.core.opening import read_text
from temperance.core.settings import Settings
from temperance.core.settings.run import Configuration, FamilySettings
from temperance.workflow.configfiles import YamlError, merge, parse_yaml
from temperance.workflow.configuration import SOURCES


def with_table(config: Mapping[str, Any]) -> Settings:
    """Replace `families`, if it is the path of a table, by the families of that table.

    The table is text with tabs between columns: `family`, a name, and any key of a family, such as `alignment` or
    `train.l2_couplings`. Cells are written as in YAML, or as text where their key takes text alone, and may stand in
    the quotes of a spreadsheet; an empty cell sets nothing.

    Parameters
    ----------
    config : mapping
        Configuration as the user wrote it.

    Returns
    -------
    dict
        The configuration, with `families` as a mapping.

    Raises
    ------
    InputError
        If the table cannot be read or a cell is wrong; names file, line and column.
    """
    path = config.get("families")
    if not isinstance(path, str):
        return dict(config)
    lines = _read_cells(path)
    header = _check_header(path, lines[0] if lines else [])
    families: dict[str, Settings] = {}
    for number, cells in enumerate(lines[1:], 2):
        if not any(cells) or cells[0].startswith("#"):
            continue
        try:
            name, settings = _read_row(header, cells)
            if name in families:
                raise InputError(f"family {name} is on an earlier line already")
        except InputError as error:
            raise InputError(f"{path}, line {number}: {error}") from None
        families[name] = settings
    if not families:
        raise InputError(f"{path}: has no family; expected a line of column names, then one line for each family")
    return {**config, "families": families}


def _read_cells(path: str) -> list[list[str]]:
    """Read the cells of each line, without the quotes that spreadsheets write around some."""
    try:
        text = read_text(path, "a table of families", utf16=True)
    except InputError as error:
        raise InputError(f"families: {error} (paths are relative to {Path.cwd()})") from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        return [[_unquoted(cell.strip()) for cell in line] for line in reader]
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: cannot be read as a table ({error})") from None


def _unquoted(cell: str) -> str:
    is_quoted = len(cell) > 1 and cell[0] == cell[-1] == '"'
    return cell[1:-1].replace('""', '"').strip() if is_quoted else cell


def _check_header(path: str, header: list[str]) -> list[str]:
    """Return the names of the columns, each of which sets a key of its own."""
    names = [name for name in header if name]
    if "family" not in names or len(set(names)) < len(names):
        raise InputError(
            f"{path}, line 1: '{' '.join(header)[:60]}'; expected tab-separated column names, each of them once, "
            "one of them 'family'"
        )
    for name in names:
        if inner := [other for other in names if other.startswith(f"{name}.")]:
            raise InputError(f"{path}, line 1: the columns {name} and {inner[0]} set the same key; keep one of them")
    return header


def _read_row(header: list[str], cells: list[str]) -> tuple[str, Settings]:
    """Return the name of a line's family and the settings that the line has."""
    if any(cells[len(header) :]):
        raise InputError(f"{len(cells)} cells, but {len(header)} columns; cells are separated by tabs")
    # Some editors remove empty cells at the end of a line.
    row = [(key, cell) for key, cell in zip(header, cells, strict=False) if cell]
    if nameless := [cell for key, cell in row if not key]:
        raise InputError(f"'{nameless[0][:40]}' stands in a column without a name; name it on line 1, or empty it")
    name = dict(row).get("family", "")
    Configuration.read({"family": name})
    texts = {key: cell for key, cell in row if key != "family"}
    values = {key: _parsed(key, cell) for key, cell in texts.items()}
    try:
        settings = FamilySettings.read(_merged(values))
    except InputError:
        # Text that could be a number, such as the name 007 of a sequence, is text where its key takes text alone.
        misread = [key for key in texts if not _is_allowed(key, values[key]) and _is_allowed(key, texts[key])]
        settings = FamilySettings.read(_merged(values | {key: texts[key] for key in misread}))
    overrides = settings.model_dump(exclude_unset=True)
    if not any(source in overrides for source in SOURCES):
        raise InputError(f"{name}: the source of sequences is missing; expected one of {', '.join(SOURCES)}")
    return name, overrides


def _parsed(key: str, cell: str) -> Any:
    """Read a cell as YAML, or as text if that is what its key takes."""
    try:
        return parse_yaml(cell)
    except YamlError as error:
        if _is_allowed(key, cell):
            return cell
        raise InputError(f"{key}: '{cell[:40]}' is not valid YAML ({error}); put it in quotes") from None


def _is_allowed(key: str, value: Any) -> bool:
    try:
        FamilySettings.model_validate(_merged({key: value}))
    except pydantic.ValidationError:
        return False
    return True


def _merged(values: Mapping[str, Any]) -> Settings:
    """Nest values as the dots of their columns' names are."""
    settings: Settings = {}
    for key, value in values.items():
        for name in reversed(key.split(".")):
            value = {name: value}
        settings = merge(settings, value)
    return settings
