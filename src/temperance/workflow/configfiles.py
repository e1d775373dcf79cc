"""Read configuration files as YAML 1.2: each key once and as it is written, text that is no number or truth value."""

import copy
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from temperance.core.errors import InputError
from temperance.core.opening import read_text
from temperance.core.settings import Settings

# Plain values of YAML 1.2's core schema; all others are text, among them NO, 12:30, 1_000 and 2024-01-01.
_CONSTANTS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    written: value for value in (True, False) for written in (f"{value}", f"{value}".lower(), f"{value}".upper())
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_NUMBER = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)  # fmt: skip
_BASES = {"0o": 8, "0x": 16}
_TEXT_TAG = "tag:yaml.org,2002:str"
# Aliases can write more values in a few lines than any memory holds.
_MOST_VALUES, _DEEPEST, _MOST_DIGITS = 1_000_000, 50, 400


class YamlError(ValueError):
    """Report what is wrong with YAML, and on which line.

    Parameters
    ----------
    line : int
        Line, from 1.
    problem : str
        What is wrong there.
    """

    def __init__(self, line: int, problem: str):
        super().__init__(problem)
        self.line = line


def read_configuration(paths: Iterable[str | Path], overrides: Mapping[str, Any]) -> Settings:
    """Read configuration files, of which later ones override earlier ones section by section.

    Parameters
    ----------
    paths : iterable of path-like
        YAML or JSON files.
    overrides : mapping
        Settings of the command line, which override those of all files.

    Returns
    -------
    dict
        The configuration as the user wrote it, with all keys of the files as text.

    Raises
    ------
    InputError
        If a file cannot be read, is not valid YAML, or has a key twice; names file and line.
    """
    settings: Settings = {}
    for path in paths:
        text = read_text(path, "a configuration file")
        try:
            content = parse_yaml(text)
        except YamlError as error:
            raise InputError(f"{path}, line {error.line}: {error}") from None
        if not isinstance(content, dict):
            raise InputError(f"{path}: has no keys at top level; expected lines such as 'alignment: family.fasta'")
        settings = merge(settings, content)
    return merge(settings, overrides)


def read_again(workflow: Any, config: Settings) -> None:
    """Read the configuration files of a workflow once more: Snakemake reads YAML 1.1, and of repeated keys the last.

    Parameters
    ----------
    workflow : object
        Snakemake's workflow. Where it is a module of another with a configuration of its own, nothing is replaced.
    config : dict
        Snakemake's configuration, changed in place.

    Raises
    ------
    InputError
        As of `read_configuration`.
    """
    if workflow.modifier.skip_configfile:
        return
    overriding, options = workflow.overwrite_configfiles, workflow.config_settings
    workflow_files = (
        [] if options.replace_workflow_config else [path for path in workflow.configfiles if path not in overriding]
    )
    settings = read_configuration([*workflow_files, *overriding], options.config)
    config.clear()
    config.update(settings)


def merge(base: Settings, overrides: Mapping[str, Any]) -> Settings:
    """Merge settings section by section.

    Parameters
    ----------
    base : dict
        Settings.
    overrides : mapping
        Settings that replace those of `base`.

    Returns
    -------
    dict
        Copy of `base`, merged.
    """
    merged = copy.deepcopy(base)
    for key, value in overrides.items():
        inner = merged.get(key)
        merged[key] = merge(inner, value) if isinstance(inner, dict) and isinstance(value, Mapping) else value
    return merged


def parse_yaml(text: str) -> Any:
    """Parse YAML 1.2, also JSON, with keys as text.

    Parameters
    ----------
    text : str
        A single document.

    Returns
    -------
    Any
        Mappings, lists, text, numbers, truth values and None.

    Raises
    ------
    YamlError
        If the text is not valid YAML, has a key twice or a tag, is nested too deeply, or expands to too much.

    Examples
    --------
    >>> parse_yaml("{012: NO, rate: 1e-3, chains: 0200}")
    {'012': 'NO', 'rate': 0.001, 'chains': 200}
    """
    try:
        json.loads(text)
        # In JSON every tab is a space, but YAML allows none to indent.
        text = text.replace("\t", " ")
    except (ValueError, RecursionError):
        pass
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(line, f"not valid YAML: the character {chr(error.character)!r} is not allowed") from None
    try:
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        hint = "; indent with spaces, not tabs" if "'\\t'" in f"{error.problem}" else ""
        raise YamlError(mark.line + 1 if mark else 1, f"not valid YAML: {error.problem}{hint}") from None
    except RecursionError:
        raise YamlError(loader.line + 1, "not valid YAML: nested too deeply") from None
    return None if node is None else _Document().value(node, ())


class _Loader(yaml.BaseLoader):
    """Compose nodes, and mark those without a tag of their own by an empty one."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:
        """Choose the tag of a node that has none of its own: an empty one, whatever it holds.

        Parameters
        ----------
        kind : type
            Class of the node.
        value : Any
            Its content.
        implicit : tuple of bool
            Whether its tag could follow from its content.

        Returns
        -------
        str
            Empty.
        """
        return ""


class _Document:
    """Turn the nodes of a document into values."""

    def __init__(self) -> None:
        self.values = 0

    def value(self, node: Any, ancestors: tuple[Any, ...]) -> Any:
        """Convert a node, with all that it holds, to Python's mappings, lists and scalars.

        Parameters
        ----------
        node : yaml.Node
            Node of the document.
        ancestors : tuple of yaml.Node
            Nodes that it stands in, from the outermost.

        Returns
        -------
        Any
            A dict, a list, text, a number, a truth value or None.

        Raises
        ------
        YamlError
            If an alias stands within what it stands for, aliases expand to too much, nodes are nested too deeply, a key
            is no text or is there twice, or a node has a tag.
        """
        self.values += 1
        if any(node is ancestor for ancestor in ancestors):
            raise _error(node, "an alias stands within what it stands for")
        if self.values > _MOST_VALUES:
            raise _error(node, f"aliases expand to more than {_MOST_VALUES:,} values")
        if len(ancestors) > _DEEPEST:
            raise _error(node, f"nested more than {_DEEPEST} levels deep")
        is_scalar = isinstance(node, yaml.ScalarNode)
        if node.tag and not (is_scalar and node.tag == _TEXT_TAG):
            raise _error(node, f"the tag {node.tag} is not supported; remove it")
        if is_scalar:
            return _whole(node.value) if node.tag or node.style else _plain(node)
        ancestors = (*ancestors, node)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(entry, ancestors) for entry in node.value]
        return self._mapping(node, ancestors)

    def _mapping(self, node: Any, ancestors: tuple[Any, ...]) -> Settings:
        settings: Settings = {}
        inherited: Settings = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or not key_node.value:
                raise _error(key_node, "a key is empty or no text; expected 'key: value'")
            key, line = key_node.value, key_node.start_mark.line + 1
            if key in lines:
                raise _error(key_node, f"the key '{key}' is on line {lines[key]} already; keep one of them")
            lines[key] = line
            value = self.value(value_node, ancestors)
            if key == "<<" and not key_node.style:
                for section in value if isinstance(value, list) else [value]:
                    if not isinstance(section, dict):
                        raise _error(value_node, "'<<' merges sections; expected an alias of one")
                    inherited = section | inherited
            else:
                settings[key] = value
        return inherited | settings


def _whole(text: str) -> str:
    """Join the halves in which JSON escapes a character beyond the first 65,536."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _plain(node: Any) -> Any:
    """Return what text without quotes stands for."""
    text = node.value
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if not _NUMBER.fullmatch(text) and not _INTEGER.fullmatch(text):
        return text
    if len(text) > _MOST_DIGITS:
        raise _error(node, f"a number of {len(text)} characters; if it is text, put it in quotes")
    if _INTEGER.fullmatch(text):
        base = _BASES.get(text[:2], 10)
        return int(text if base == 10 else text[2:], base)
    return float(text.replace(".", "", 1) if text[-1].isalpha() else text)


def _error(node: Any, problem: str) -> YamlError:
    return YamlError(node.start_mark.line + 1, problem)
