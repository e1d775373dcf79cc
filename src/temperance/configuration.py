"""The run's configuration: checked, completed with defaults, and cut into one plan a family."""

import copy
import difflib
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import yaml

from temperance.alphabet import alphabet
from temperance.errors import InputError

Settings = dict[str, Any]

_SHORTHAND = ("family", "alignment")
_GLOBAL = ("seed", "results", "engine", "environment")
_RUN = (*_GLOBAL, "families", *_SHORTHAND)


def configure(given: Mapping[str, Any], schema_path: str | Path) -> Settings:
    """Validate a configuration and complete it.

    Returns
    -------
    dict
        `seed`, `results`, `engine`, `environment`, and `families`: name -> every setting of that family.

    Raises
    ------
    InputError
        In one line: the key, what is wrong with it and what would be right.
    """
    schema = yaml.safe_load(Path(schema_path).read_text(encoding="utf-8"))
    given = copy.deepcopy(dict(given))
    _validate(given, schema)
    defaults = _defaults(schema["properties"])
    shared = {key: value for key, value in given.items() if key not in _RUN}
    families = {}
    for name, own in _families(given).items():
        if ("alignment" in own) == ("truth" in own):
            raise InputError(f"families.{name}: give either an alignment (a path) or a truth")
        base = {key: value for key, value in defaults.items() if key not in _RUN}
        family = _merge(_merge(base, shared), own)
        if "truth" in own:
            family = _complete_truth(family, own, schema)
        alphabet(family["alphabet"])
        family["subsets"]["sizes"] = parse_sizes(family["subsets"]["sizes"], f"{name}: subsets.sizes")
        _check_together(name, family)
        families[name] = family
    run = {key: given.get(key, defaults[key]) for key in _GLOBAL}
    return run | {"families": families}


def _families(given: Mapping[str, Any]) -> dict[str, Settings]:
    if "alignment" in given:
        stem = re.split(r"\.", Path(given["alignment"]).name)[0]
        return {
            given.get("family") or re.sub(r"[^A-Za-z0-9_-]", "_", stem) or "family": {"alignment": given["alignment"]}
        }
    if "family" in given:
        raise InputError("family: names the family of the key 'alignment', which is missing")
    if "families" not in given:
        raise InputError("alignment: missing; give the path of an alignment, or families")
    return given["families"]


def check_files(run: Mapping[str, Any]) -> None:
    """See that every alignment of a run is there.

    Raises
    ------
    InputError
        Naming the family and the file.
    """
    for name, family in run["families"].items():
        path = family.get("alignment")
        if path and not Path(path).is_file():
            what = "is a folder, not a file" if Path(path).is_dir() else "there is no such file"
            raise InputError(f"{name}: alignment: {path}: {what} (paths count from {Path.cwd()})")


def _merge(base: Settings, over: Mapping[str, Any]) -> Settings:
    merged = copy.deepcopy(base)
    for key, value in over.items():
        inner = merged.get(key)
        merged[key] = _merge(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


def _defaults(properties: Settings) -> Settings:
    found = {}
    for key, schema in properties.items():
        if "properties" in schema:
            found[key] = _defaults(schema["properties"])
        elif "default" in schema:
            found[key] = copy.deepcopy(schema["default"])
    return found


def _complete_truth(family: Settings, own: Settings, schema: Settings) -> Settings:
    from temperance.truth.lattice import SYMBOLS

    truth = _merge(_defaults(schema["$defs"]["truth"]["properties"]), own["truth"])
    return family | {"truth": truth, "alphabet": own.get("alphabet", SYMBOLS)}


def _check_together(name: str, family: Settings) -> None:
    judge = family["optimum"]["fidelity"]
    lattice = "truth" in family
    if judge == "auto":
        biological = family["alphabet"] in ("protein", "rna", "dna")
        family["optimum"]["fidelity"] = "p_nat" if lattice else "hmm" if biological else "profile"
    if judge == "p_nat" and not lattice:
        raise InputError(f"{name}: optimum.fidelity: p_nat needs a lattice truth; hmm or profile would do")
    if judge == "hmm" and family["alphabet"] not in ("protein", "rna", "dna") and not lattice:
        raise InputError(f"{name}: optimum.fidelity: hmm needs alphabet protein, rna or dna; profile would do")


# ---------------------------------------------------------------- validation


def _validate(given: Mapping[str, Any], schema: Settings) -> None:
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(given))
    if error is None:
        return
    key = ".".join(str(part) for part in error.absolute_path) or "configuration"
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        unknown = next(name for name in error.instance if name not in known)
        near = difflib.get_close_matches(str(unknown), known, n=1)
        where = f"{key}." if error.absolute_path else ""
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        raise InputError(f"{where}{unknown}: unknown key; {hint}")
    raise InputError(f"{key}: {_in_words(error)}")


def _in_words(error: jsonschema.ValidationError) -> str:
    value, bound = error.instance, error.validator_value
    said = {
        "type": f"{value!r} is of the wrong type, {bound} is needed",
        "enum": f"{value!r} is not one of {', '.join(map(str, bound)) if isinstance(bound, list) else bound}",
        "minimum": f"{value!r} is too small, {bound} is the least",
        "maximum": f"{value!r} is too large, {bound} is the most",
        "exclusiveMinimum": f"{value!r} is too small, it has to be above {bound}",
        "exclusiveMaximum": f"{value!r} is too large, it has to be below {bound}",
        "minItems": f"{bound} entries at least are needed",
        "uniqueItems": "an entry stands twice",
        "required": f"{error.message}",
    }.get(str(error.validator), f"{value!r} will not do")
    described = error.schema.get("description") if isinstance(error.schema, dict) else None
    return " ".join((f"{said} ({described})" if described else said).split())


# ---------------------------------------------------------------- sizes and seeds


def parse_sizes(given: Any, key: str) -> list[int | float]:
    """Sizes as ascending counts (int) and fractions (float); `all` is 1.0.

    `geometric(lo, hi, n)` stands for n sizes from lo to hi with equal ratios, counts or fractions.

    Raises
    ------
    InputError
        Naming `key`.
    """
    sizes: list[int | float] = []
    for item in given if isinstance(given, list) else [given]:
        if isinstance(item, str) and item.startswith("geometric"):
            sizes += _geometric(item, key)
        else:
            sizes.append(1.0 if item == "all" else item)
    fractions = [size for size in sizes if isinstance(size, float) and size < 1]
    if fractions and any(isinstance(size, int) for size in sizes):
        raise InputError(f"{key}: counts and fractions are mixed; give one kind ('all' goes with either)")
    return sorted(set(sizes), key=lambda size: (isinstance(size, float), size))


def _geometric(item: str, key: str) -> list[int | float]:
    right = "geometric(lo, hi, n) takes two counts or two fractions up to 1.0, lo below hi, and n of 2 or more"
    low, high, number = (part.strip() for part in item[len("geometric(") : -1].split(","))
    try:
        count, fractions = int(number), "." in low + high or "e" in (low + high).lower()
        first, last = float(low), float(high)
    except ValueError:
        raise InputError(f"{key}: {item}: {right}") from None
    if count < 2 or not 0 < first < last or (fractions and last > 1) or (not fractions and first < 2):
        raise InputError(f"{key}: {item}: {right}")
    values = np.geomspace(first, last, count)
    return [float(f"{value:.3g}") for value in values] if fractions else [round(value) for value in values]


def size_label(size: int | float) -> str:
    """`n500` for a count, `f0.25` for a fraction: a part of file names."""
    return f"n{size}" if isinstance(size, int) else f"f{size:g}"


def resolve_size(size: int | float, available: int, family: str) -> int:
    """Number of training sequences that a size stands for.

    Raises
    ------
    InputError
        If there are not so many, or fewer than two would be drawn.
    """
    count = size if isinstance(size, int) else round(size * available)
    if count > available:
        raise InputError(
            f"{family}: subsets.sizes: {size} is larger than the {available} sequences of the training set; "
            f"{available} or a fraction is right"
        )
    if count < 2:
        raise InputError(f"{family}: subsets.sizes: {size} of {available} training sequences is {count}; 2 at least")
    return count


def derive_seed(seed: int, *labels: object) -> int:
    """A seed for one stage of one piece of a run: a hash, so that it does not depend on what else is run."""
    digest = hashlib.sha256("/".join(map(str, (seed, *labels))).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1
