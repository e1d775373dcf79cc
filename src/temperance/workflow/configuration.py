"""Check the configuration of a run, complete it with defaults, and derive the settings of each family."""

import copy
import re
import stat
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.core.settings import Settings
from temperance.core.settings.run import Choices, Configuration, FamilySettings, RunSettings, StudySettings
from temperance.core.settings.truths import (
    EnumerableTruth,
    IsingTruth,
    LatticeTruth,
    SectorTruth,
    TeacherTruth,
    TwoLevelTruth,
    read_truth,
)
from temperance.core.sizes import parse_sizes
from temperance.scoring.commands import explain_unrunnable
from temperance.workflow.configfiles import merge
from temperance.workflow.judge_settings import LATTICE_ALPHABET, resolve_judge

# Keys of which a family has exactly one: where its sequences come from.
SOURCES = ("alignment", "truth", "pfam", "interpro", "query", "seed")
_SINGLE_FAMILY_KEYS = ("family", "alignment", "pfam", "interpro", "query", "database")
_RUN_KEYS = tuple(RunSettings.model_fields)
_TOP_LEVEL_KEYS = (*_RUN_KEYS, "families", "studies", *_SINGLE_FAMILY_KEYS)
# Sequences drawn from a truth are an unbiased sample: none is filtered, weighted, or discarded for resembling another.
_TRUTH_OVERRIDES: Settings = {
    "filter": {"max_column_gaps": 1.0, "max_sequence_gaps": 1.0, "duplicates": "keep"},
    "weights": {"identity": None},
    "heldout": {"identity": None},
}
# An imported model has all columns of its alignment, and is analysed once.
_IMPORTED_MODEL_OVERRIDES: Settings = {
    "filter": {"max_column_gaps": 1.0},
    "subsets": {"sizes": ["all"], "replicates": 1},
}
# Models of a study differ in the varied setting only, not in a penalty chosen for each; judges of the run's families
# need not fit a study's truths, which judge themselves.
_STUDY_DEFAULTS: Settings = {
    "train": {"l2_couplings": 0.003},
    "optimum": {"fidelity": "auto", "folding": False, "covariance": False},
}
# Folders and files of results that no family may be named after.
_RESERVED_FOLDERS = (
    "studies", "claims", "coverage", "paper", "logs", "benchmarks", "provenance", "report.html", "coverage.md",
    "coverage.tsv", "paper.md", "lattice-folds.safetensors",
)  # fmt: skip
_SECTOR_ALPHABET = "ABCDE"
_ENUMERABLE_SYMBOLS = string.digits + string.ascii_uppercase


def configure(config: Mapping[str, Any]) -> Settings:
    """Check a configuration and complete it with defaults.

    Parameters
    ----------
    config : mapping
        Configuration as the user wrote it, with `families` as a mapping (see `family_table.with_table`).

    Returns
    -------
    dict
        The settings of the run (`RunSettings`); `families`: name -> every setting of that family; `studies`: name ->
        vary (key or None) and points, each with family, value, label, source and settings.

    Raises
    ------
    InputError
        In one line: the key, what is wrong with its value and what would be right.
    """
    settings = _settings(config)
    plans = _Plans(settings)
    families = {
        name: plans.plan(name, overrides, f"families.{name}") for name, overrides in _families(settings).items()
    }
    families = {name: _with_alphabet_of_teacher(name, family, families) for name, family in families.items()}
    # Studies have no results, and may share settings with families that do.
    for name, family in families.items():
        _check_results(name, family)
    run = RunSettings.model_validate({key: settings[key] for key in _RUN_KEYS if key in settings}).model_dump()
    if isinstance(run["seed"], str):
        run["seed"] = RunSettings().seed
    return run | {"families": families, "studies": _studies(settings, plans, families)}


class _Plans:
    """Complete the settings of families: the family's own, then those for all families, then the defaults."""

    def __init__(self, settings: Settings):
        self.defaults = Choices().model_dump()
        self._shared = {key: value for key, value in settings.items() if key not in _TOP_LEVEL_KEYS}

    def plan(self, name: str, overrides: Settings, key: str) -> FamilySettings:
        """Check and complete the settings of a family.

        Parameters
        ----------
        name : str
            Name of the family.
        overrides : dict
            Settings of the family's own.
        key : str
            Where they stand in the configuration, for error messages.

        Returns
        -------
        FamilySettings
            All settings of the family.

        Raises
        ------
        InputError
            If the family's name is that of a folder of results, it has no source of sequences or several, or a setting
            is wrong.
        """
        if name in _RESERVED_FOLDERS:
            raise InputError(f"{key}: {name} is a folder of results; choose another name")
        sources = [source for source in SOURCES if source in overrides]
        if len(sources) != 1:
            excess = f", not {' and '.join(sources)}" if sources else ""
            raise InputError(
                f"{key}: give either an alignment (a path), pfam, interpro, a query or a seed with a database, or a "
                f"truth{excess}"
            )
        if (sources[0] in ("query", "seed")) != ("database" in overrides):
            raise InputError(f"{key}: a database is searched with a query or a seed; give both or neither")
        base, shared = self.defaults, self._shared
        if "truth" in overrides:
            base = merge(base, _TRUTH_OVERRIDES)
            shared = {key: value for key, value in shared.items() if key not in _TRUTH_OVERRIDES}
        if overrides.get("model") or shared.get("model"):
            base = merge(base, _IMPORTED_MODEL_OVERRIDES)
        family = merge(merge(base, shared), overrides)
        if "truth" in overrides:
            family |= self._truth(overrides, family, key)
        alphabet(family["alphabet"])
        for baseline, entry in family["models"].items():
            if (entry["kind"] == "file") != bool(entry.get("path")):
                raise InputError(
                    f"{key}.models.{baseline}.path: required with kind: file, and allowed with no other kind"
                )
        family["subsets"]["sizes"] = parse_sizes(family["subsets"]["sizes"], f"{name}: subsets.sizes")
        resolve_judge(name, family)
        return FamilySettings.model_validate(family)

    def _truth(self, overrides: Settings, family: Settings, key: str) -> Settings:
        """Complete a truth with the defaults of its kind, and choose the alphabet of its sequences."""
        if family["filter"] != merge(self.defaults["filter"], _TRUTH_OVERRIDES["filter"]):
            raise InputError(f"{key}.filter: sequences drawn from a truth are not filtered; remove it")
        truth, symbols = read_truth(overrides["truth"]), family["alphabet"]
        if isinstance(truth, EnumerableTruth):
            if truth.q**truth.length > 1 << 20:
                setting = "rows" if isinstance(truth, IsingTruth) else "length"
                raise InputError(
                    f"{key}.truth.{setting}: {truth.q}^{truth.length} sequences; at most 2^20 are enumerated"
                )
            if isinstance(truth, TwoLevelTruth) and truth.ground_states >= truth.q**truth.length:
                raise InputError(
                    f"{key}.truth.ground_states: {truth.ground_states} of {truth.q}^{truth.length} sequences; some "
                    "have to be left above the gap"
                )
            symbols = _ENUMERABLE_SYMBOLS[: truth.q]
        elif isinstance(truth, LatticeTruth):
            symbols = LATTICE_ALPHABET
        elif isinstance(truth, SectorTruth):
            symbols = _SECTOR_ALPHABET
        return {"truth": truth.model_dump(), "alphabet": overrides.get("alphabet", symbols)}


def _teacher(family: FamilySettings) -> str | None:
    return family.truth.teacher if isinstance(family.truth, TeacherTruth) else None


def _with_alphabet_of_teacher(
    name: str, family: FamilySettings, families: Mapping[str, FamilySettings]
) -> FamilySettings:
    """Give the students of a teacher that is a family of the run the teacher's alphabet."""
    teacher = families.get(_teacher(family) or "")
    if teacher is None:
        return family
    if teacher.truth:
        raise InputError(f"{name}: truth.teacher: {_teacher(family)} is not a family with an alignment")
    return family.model_copy(update={"alphabet": teacher.alphabet})


def _studies(config: Settings, plans: _Plans, families: Mapping[str, FamilySettings]) -> Settings:
    """List what each study varies and its points, one family of its own for each value.

    A point's `source` is the family whose truth its sequences are drawn from: another point's, unless the truth is
    varied.
    """
    configured = config.get("studies", {})
    templates = _families(config) if "families" in config or _single_family(config) else {}
    studies = {}
    for study, settings in merge(_study_defaults(), configured).items():
        study_families = configured.get(study, {}).get("families", settings["families"])
        points = []
        for name, overrides in study_families.items():
            subsets = {key: settings[key] for key in ("sizes", "replicates")}
            base = merge(merge(_STUDY_DEFAULTS, merge(templates.get(name, {}), overrides)), {"subsets": subsets})
            points += _points(study, name, base, settings, plans)
        for point in points:
            point["settings"] = _with_alphabet_of_teacher(point["label"], point["settings"], families)
        studies[study] = {"vary": settings.get("vary"), "points": points}
    return studies


def _study_defaults() -> Settings:
    """Return the default settings of every study, without the defaults of their families."""
    studies = {name: getattr(StudySettings(), name) for name in StudySettings.model_fields}
    return {
        name: study.model_dump()
        | {"families": {family: settings.model_dump(exclude_unset=True) for family, settings in study.families.items()}}
        for name, study in studies.items()
    }


def _points(study: str, name: str, base: Settings, settings: Settings, plans: _Plans) -> list[Settings]:
    """List one point for each value that a study varies, or a single one if it varies training set sizes alone."""
    key, label, vary = f"studies.{study}.families.{name}", f"studies/{study}/{name}", settings.get("vary")
    if "truth" not in base:
        raise InputError(f"{key}: a study needs a truth; for a real family set truth.kind to teacher")
    if vary is None:
        plan = plans.plan(name, base, key)
        return [{"family": name, "value": None, "label": label, "source": label, "settings": plan}]
    points = []
    for value in settings["values"]:
        varied = _vary(base, vary, value, key)
        Configuration.read({"families": {name: varied}})
        point_label = f"{label}/{value:g}"
        source = point_label if vary.startswith("truth.") else label
        plan = plans.plan(name, varied, key)
        points.append({"family": name, "value": value, "label": point_label, "source": source, "settings": plan})
    return points


def _vary(settings: Settings, key: str, value: Any, where: str) -> Settings:
    """Change the setting that a dotted key names; `where` is named in error messages."""
    section, _, option = key.rpartition(".")
    if section not in ("truth", "train", "weights"):
        raise InputError(f"{where}: {key}: only keys of truth, train and weights can be varied")
    return merge(settings, {section: {option: value}})


def _families(config: Mapping[str, Any]) -> dict[str, Settings]:
    """Return the settings of each family by name, also of a single one that is given at top level."""
    family = _single_family(config)
    if family:
        source = next(iter(family))
        stem = re.split(r"\.", Path(family[source]).name)[0]
        return {config.get("family") or re.sub(r"[^A-Za-z0-9_-]", "_", stem) or "family": family}
    if "family" in config:
        raise InputError("family: names the single family, whose 'alignment' is missing")
    if "families" not in config:
        raise InputError("alignment: missing; give the path of an alignment, or families")
    return config["families"]


def _single_family(config: Mapping[str, Any]) -> Settings:
    """Return the sources of the single family at top level; a seed that is text is a seed alignment, not a number."""
    sources = {key: config[key] for key in _SINGLE_FAMILY_KEYS[1:] if key in config}
    return ({"seed": config["seed"]} if isinstance(config.get("seed"), str) else {}) | sources


def source_key(family: FamilySettings) -> str:
    """Find the key from which a family's sequences come.

    Parameters
    ----------
    family : FamilySettings
        Every setting of the family.

    Returns
    -------
    str
        alignment, truth, pfam, interpro, query or seed.
    """
    return next(source for source in SOURCES if getattr(family, source))


def reduce_to_family(config: Mapping[str, Any], label: str | None) -> Settings:
    """Reduce a configuration to what determines the results of one family.

    Kept are the family itself, its teacher if it has one and, for a family of a study, that study.

    Parameters
    ----------
    config : mapping
        Configuration as the user wrote it, with `families` as a mapping.
    label : str or None
        Folder of the family in the results; None for a job of the whole run, for which all is kept.

    Returns
    -------
    dict
        A configuration that makes the same results of that family.
    """
    settings: Settings = _with_text_keys(config)
    if label is None or not settings.get("families"):
        return settings
    study, names = (label.split("/")[1], {label.split("/")[2]}) if "/" in label else ("", {label})
    families = settings["families"]
    names |= {families[name].get("truth", {}).get("teacher") for name in names & families.keys()}
    reduced: Settings = {"families": {name: entry for name, entry in families.items() if name in names}}
    if "studies" in settings:
        reduced["studies"] = {name: entry for name, entry in settings["studies"].items() if name == study}
    if study:
        reduced["families"] = dict(families)
    return {**settings, **reduced}


def check_files(run: Mapping[str, Any], local: bool = True) -> None:
    """Check that every alignment and every program of a run exists, and that no file is where results are to be.

    Parameters
    ----------
    run : mapping
        From `configure`.
    local : bool
        Whether the user's files lie on this computer, and not in a storage of Snakemake's.

    Raises
    ------
    InputError
        If a file or a program is missing, or a file lies where a folder of results is to be; names the file.
    """
    for folder in (Path(run["results"]), *Path(run["results"]).parents) if local else ():
        problem = _problem(folder) or "is a file, not a folder"
        if problem not in (_MISSING, _FOLDER):
            raise InputError(f"results: {folder}: {problem}; choose another name")
    for name, family in run["families"].items():
        files = {key: getattr(family, key) for key in ("alignment", "query", "seed", "database", "model")}
        files |= {"structure.path": family.structure.path, "mutants.table": family.mutants.table}
        files |= {f"measured.table{n}": path for n, path in _numbered(family.measured.tables)}
        files |= {f"models.{baseline}.path": entry.path for baseline, entry in family.models.items()}
        for key, path in files.items():
            if path and set(path) & set("{}"):
                raise InputError(f"{name}: {key}: {path}: braces are wildcards to Snakemake; rename the file")
            if local and path and (problem := _problem(path)):
                raise InputError(f"{name}: {key}: {path}: {problem} (paths are relative to {Path.cwd()})")
        tables = [Path(path).resolve() for path in family.measured.tables] if local else []
        if repeated := [path for path in tables if tables.count(path) > 1]:
            raise InputError(f"{name}: measured.table: {repeated[0]} is listed twice; keep one of its names")
        for judge, settings in family.judges.items():
            if problem := explain_unrunnable(settings.command):
                raise InputError(f"{name}: judges.{judge}.command: {problem}")
    students = [*run["families"].items()]
    students += [(point["label"], point["settings"]) for study in run["studies"].values() for point in study["points"]]
    for name, family in students:
        teacher = _teacher(family)
        if local and teacher and teacher not in run["families"] and _problem(teacher):
            names = ", ".join(run["families"])
            raise InputError(f"{name}: truth.teacher: {teacher} is neither a family ({names}) nor a file")


def _numbered(paths: list[str]) -> list[tuple[str, str]]:
    """Give each of several entries of a list its index, as in `measured.table[1]`."""
    return [(f"[{number}]" if len(paths) > 1 else "", path) for number, path in enumerate(paths)]


_MISSING, _FOLDER = "there is no such file", "is a folder, not a file"


def _problem(path: str | Path) -> str:
    """Explain why a path is not that of a file; the text is empty if it is."""
    try:
        mode = Path(path).stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return _MISSING
    except (OSError, ValueError) as error:
        return f"cannot be read ({getattr(error, 'strerror', error)})"
    if stat.S_ISDIR(mode):
        return _FOLDER
    return "" if stat.S_ISREG(mode) else "is a pipe or a device, not a file"


def family_plans(run: Mapping[str, Any]) -> dict[str, FamilySettings]:
    """Collect the settings of every family: those of the run, points of studies, and those that points are drawn from.

    Parameters
    ----------
    run : mapping
        From `configure`.

    Returns
    -------
    dict
        Folder of the family in the results -> every setting of the family.
    """
    points = [point for study in run["studies"].values() for point in study["points"]]
    plans = {point["source"]: point["settings"] for point in points}
    return plans | {point["label"]: point["settings"] for point in points} | run["families"]


def _settings(config: Mapping[str, Any]) -> Settings:
    """Check a configuration, and return the settings that it has, with numbers as numbers."""
    settings = _without_null_sources(Configuration.read(_with_text_keys(config)).model_dump(exclude_unset=True))
    if "families" in settings:
        settings["families"] = {name: _without_null_sources(family) for name, family in settings["families"].items()}
    return settings


def _without_null_sources(settings: Settings) -> Settings:
    """Leave out sources that are null, as if they were not there."""
    optional = (*SOURCES, "database", "family", "families")
    return {key: value for key, value in settings.items() if value is not None or key not in optional}


def _with_text_keys(config: Any) -> Any:
    """Copy a configuration with all keys as text: YAML keys may be numbers, such as those of columns."""
    if isinstance(config, Mapping):
        return {str(key): _with_text_keys(value) for key, value in config.items()}
    return [_with_text_keys(value) for value in config] if isinstance(config, list) else copy.deepcopy(config)


def _check_results(name: str, plan: FamilySettings) -> None:
    """Refuse what needs measured sequences where there are none, and what cannot be learnt from them."""
    wanted = {"design.objective": plan.design.objective, "measured.feedback": plan.measured.feedback}
    for option, value in wanted.items():
        if value not in ("diversity", 0) and not plan.measured.tables:
            raise InputError(f"{name}: {option}: {value} needs measured sequences; give measured.table")
    if plan.measured.feedback and (plan.model or plan.train.stop == "pearson"):
        reason = "an imported model's is unknown" if plan.model else "train.stop: pearson has none"
        raise InputError(
            f"{name}: measured.feedback: results are added to what a penalised likelihood is maximised for, and "
            f"{reason}; set it to 0"
        )
