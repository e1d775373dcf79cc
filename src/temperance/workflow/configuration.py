"""The run's configuration: checked, completed with defaults, and cut into one plan a family."""

import copy
import csv
import re
import shutil
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.core.settings import Settings
from temperance.core.settings.run import Choices, Configuration, FamilySettings, RunSettings, StudySettings
from temperance.core.settings.scoring import BaselineSettings, JudgeSettings
from temperance.core.settings.truths import read_truth
from temperance.core.sizes import parse_sizes
from temperance.scoring.rna_tools import explain_missing_folding, explain_missing_infernal

# What a family is read from, searched in or drawn from: one of these.
_SOURCES = ("alignment", "truth", "pfam", "interpro", "query", "seed")
_SHORTHAND = ("family", "alignment", "pfam", "interpro", "query", "database")
_GLOBAL = tuple(RunSettings.model_fields)
_RUN = (*_GLOBAL, "families", "studies", *_SHORTHAND)
# Draws from a truth are a sample of it as they are: none is filtered, weighed, or kept out for resembling another.
_TRUTH_OVERRIDES: Settings = {
    "filter": {"max_column_gaps": 1.0, "max_sequence_gaps": 1.0, "duplicates": "keep"},
    "weights": {"identity": None},
    "heldout": {"identity": None},
}
# A model from elsewhere is of every column of its alignment, and is looked at once.
_OF_MODELS: Settings = {"filter": {"max_column_gaps": 1.0}, "subsets": {"sizes": ["all"], "replicates": 1}}
# Studies compare models that differ in what is varied, not in a penalty chosen anew for each.
_STUDY_DEFAULTS: Settings = {"train": {"l2_couplings": 0.003}}
ENUMERABLE = ("planted", "hopfield", "gapless", "critical", "random")
# Folders of results that are no family's.
_FOLDERS = ("studies", "claims", "coverage", "logs", "benchmarks")
_JUDGES = ("p_nat", "truth", "potts", "hmm", "profile", "folding", "covariance")
# Judges of RNA and DNA that have to be asked for, and what says which of their tools is missing.
_OF_RNA = {"folding": explain_missing_folding, "covariance": explain_missing_infernal}
# Names that no judge of the user's may have: columns of tables of scores, and what follows tau_ in other tables.
_COLUMNS = {
    *_JUDGES, "f", "train", "energy_error", "novelty_error", "gaps_error", "fidelity_error", "distance_training_error",
    "temperature", "ladder", "draw", "energy", "gaps", "fidelity", "novelty", "diversity", "set",
    "weight", "scale_weight", "name", "cluster", "mutations", "aligned", "sequence", "sequences", "identical", "ess",
    "rhat", "drift", "acceptance", "equilibrated", "subset", "replicate", "auto", "distance_natural",
    "distance_training", "nearest_natural", "nearest_training", "effective_share", "pearson_single", "pearson_pair",
    "pearson_triple", "slope_pair", "slope_triple",
}  # fmt: skip
_BIOLOGICAL = ("protein", "rna", "dna")
_LATTICE = "ACDEFGHIKLMNPQRSTVWY"
_DIGITS = string.digits + string.ascii_uppercase


def configure(given: Mapping[str, Any]) -> Settings:
    """Validate a configuration and complete it.

    Returns
    -------
    dict
        What holds for the whole run, `seed` say, and `families`: name -> every setting of that family.

    Raises
    ------
    InputError
        In one line: the key, what is wrong with it and what would be right.
    """
    settings = _settings(given)
    plans = _Plans(settings)
    families = {name: plans.plan(name, own, f"families.{name}") for name, own in _families(settings).items()}
    for name, family in families.items():
        _check_teacher(name, family, families)
    run = RunSettings.model_validate({key: settings[key] for key in _GLOBAL if key in settings}).model_dump()
    if isinstance(run["seed"], str):
        run["seed"] = RunSettings().seed
    return run | {"families": families, "studies": _studies(settings, plans, families)}


def with_table(given: Mapping[str, Any]) -> Settings:
    """Replace `families`, if it is the path of a table, by what the table says.

    The table is text with tabs between columns: `family`, a name, and any key of a family, `alignment` or
    `train.l2_couplings`; cells are as they would be in YAML, and empty ones are not given.

    Raises
    ------
    InputError
        Naming file, line and column.
    """
    path = given.get("families")
    if not isinstance(path, str):
        return dict(given)
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"families: {path}: cannot be read as a table ({error}); paths count from {Path.cwd()}"
        ) from None
    header = [name.strip() for name in lines[0]] if lines else []
    if "family" not in header or len(set(header)) < len(header):
        raise InputError(
            f"{path}, line 1: '{' '.join(header)[:60]}'; expected tab-separated column names, each of them once, "
            "one of them 'family'"
        )
    families: dict[str, Settings] = {}
    for number, cells in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
            continue
        if len(cells) > len(header):
            raise InputError(
                f"{path}, line {number}: {len(cells)} cells, {len(header)} columns; cells are separated by tabs"
            )
        # Editors take empty cells at the end of a line away.
        row = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if cell.strip()}
        name = row.pop("family", "")
        if name in families:
            raise InputError(f"{path}, line {number}: family {name} is on an earlier line, too")
        try:
            families[name] = {}
            for key, cell in row.items():
                families[name] = _merge(families[name], _nested(key, cell))
            Configuration.read({"family": name})
            families[name] = FamilySettings.read(families[name]).model_dump(exclude_unset=True)
            if not any(source in families[name] for source in _SOURCES):
                raise InputError(f"{name}: has no source; one of {', '.join(_SOURCES)} is needed")
        except InputError as error:
            raise InputError(f"{path}, line {number}: {error}") from None
    if not families:
        raise InputError(f"{path}: has no family; expected a line of column names, then one line for each family")
    return {**given, "families": families}


def _nested(key: str, cell: str) -> Settings:
    """Read a cell as the setting that its column names."""
    try:
        value = yaml.safe_load(cell)
    except yaml.YAMLError:
        raise InputError(f"{key}: '{cell[:40]}' is no YAML; quote it") from None
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


class _Plans:
    """Completes the settings of a family: its own, then those for all families, then the defaults."""

    def __init__(self, given: Settings):
        self.defaults = Choices().model_dump()
        self._shared = {key: value for key, value in given.items() if key not in _RUN}

    def plan(self, name: str, own: Settings, key: str) -> Settings:
        if name in _FOLDERS:
            raise InputError(f"{key}: {name} is a folder of results; name the family otherwise")
        given = [source for source in _SOURCES if source in own]
        if len(given) != 1:
            those = f", not {' and '.join(given)}" if given else ""
            raise InputError(
                f"{key}: give either an alignment (a path), pfam, interpro, a query or a seed with a database, or a "
                f"truth{those}"
            )
        if (given[0] in ("query", "seed")) != ("database" in own):
            raise InputError(f"{key}: a database is searched with a query or a seed; give both or neither")
        base, shared = self.defaults, self._shared
        if "truth" in own:
            base = _merge(base, _TRUTH_OVERRIDES)
            shared = {key: value for key, value in shared.items() if key not in _TRUTH_OVERRIDES}
        if own.get("model") or shared.get("model"):
            base = _merge(base, _OF_MODELS)
        family = _merge(_merge(base, shared), own)
        if "truth" in own:
            family |= self._truth(own, family, key)
        alphabet(family["alphabet"])
        for section, kind in (("judges", JudgeSettings), ("models", BaselineSettings)):
            family[section] = {
                name: kind.model_validate(settings).model_dump() for name, settings in family[section].items()
            }
        for other, given in family["models"].items():
            if (given["kind"] == "file") != bool(given["path"]):
                raise InputError(
                    f"{key}.models.{other}.path: the path of a model goes with kind: file, and only with it"
                )
        family["subsets"]["sizes"] = parse_sizes(family["subsets"]["sizes"], f"{name}: subsets.sizes")
        _check_judge(name, family)
        return family

    def _truth(self, own: Settings, family: Settings, key: str) -> Settings:
        """Truth, with the defaults of its kind, and the alphabet of its sequences."""
        kind = own["truth"]["kind"]
        if family["filter"] != _merge(self.defaults["filter"], _TRUTH_OVERRIDES["filter"]):
            raise InputError(f"{key}.filter: draws from a truth are not filtered; leave it out")
        truth = read_truth(own["truth"]).model_dump()
        if kind in ENUMERABLE and truth["q"] ** truth["length"] > 1 << 20:
            raise InputError(f"{key}.truth.length: {truth['q']}^{truth['length']} sequences are more than 2^20")
        symbols = {"lattice": _LATTICE, "teacher": family["alphabet"]}.get(kind) or _DIGITS[: truth["q"]]
        return {"truth": truth, "alphabet": own.get("alphabet", symbols)}


def _check_teacher(name: str, family: Settings, families: Settings) -> None:
    """Give the alphabet of a teacher that is a family of the run to its students."""
    teacher = family.get("truth", {}).get("teacher")
    if teacher not in families:
        return
    if "truth" in families[teacher]:
        raise InputError(f"{name}: truth.teacher: {teacher} is not a family with an alignment")
    family["alphabet"] = families[teacher]["alphabet"]


def _studies(given: Settings, plans: _Plans, families: Settings) -> Settings:
    """Every study: what it varies, and a list of points, one family of its own for each value of that.

    A point's `source` is the family whose truth it is drawn from: that of another value, unless the truth is varied.
    """
    asked = given.get("studies", {})
    templates = _families(given) if "families" in given or _one_family(given) else {}
    found = {}
    for study, settings in _merge(_study_defaults(), asked).items():
        own_families = asked.get(study, {}).get("families", settings["families"])
        points = []
        for name, own in own_families.items():
            subsets = {key: settings[key] for key in ("sizes", "replicates")}
            base = _merge(_merge(_STUDY_DEFAULTS, _merge(templates.get(name, {}), own)), {"subsets": subsets})
            points += _points(study, name, base, settings, plans)
        for point in points:
            _check_teacher(point["label"], point["settings"], families)
        found[study] = {"vary": settings.get("vary"), "points": points}
    return found


def _study_defaults() -> Settings:
    """Every study with its defaults; of its families what they are made of."""
    studies = {name: getattr(StudySettings(), name) for name in StudySettings.model_fields}
    return {
        name: study.model_dump()
        | {"families": {family: own.model_dump(exclude_unset=True) for family, own in study.families.items()}}
        for name, study in studies.items()
    }


def _points(study: str, name: str, base: Settings, settings: Settings, plans: _Plans) -> list[Settings]:
    """One point for each value of what a study varies, one in all if it varies nothing but sizes."""
    key, label, vary = f"studies.{study}.families.{name}", f"studies/{study}/{name}", settings.get("vary")
    if "truth" not in base:
        raise InputError(f"{key}: a study needs families with a truth; a real one can teach (truth.kind teacher)")
    if vary is None:
        plan = plans.plan(name, base, key)
        return [{"family": name, "value": None, "label": label, "source": label, "settings": plan}]
    points = []
    for value in settings["values"]:
        varied = _with(base, vary, value, key)
        Configuration.read({"families": {name: varied}})
        own = f"{label}/{value:g}"
        source = own if vary.startswith("truth.") else label
        plan = plans.plan(name, varied, key)
        points.append({"family": name, "value": value, "label": own, "source": source, "settings": plan})
    return points


def _with(settings: Settings, key: str, value: Any, where: str) -> Settings:
    """Change the setting that a dotted key names."""
    section, _, last = key.rpartition(".")
    if section not in ("truth", "train", "weights"):
        raise InputError(f"{where}: {key}: only keys of truth, train and weights can be varied")
    return _merge(settings, {section: {last: value}})


def _families(given: Mapping[str, Any]) -> dict[str, Settings]:
    one = _one_family(given)
    if one:
        source = next(iter(one))
        stem = re.split(r"\.", Path(one[source]).name)[0]
        return {given.get("family") or re.sub(r"[^A-Za-z0-9_-]", "_", stem) or "family": one}
    if "family" in given:
        raise InputError("family: names the family of the key 'alignment', which is missing")
    if "families" not in given:
        raise InputError("alignment: missing; give the path of an alignment, or families")
    return given["families"]


def _one_family(given: Mapping[str, Any]) -> Settings:
    """Find what the single family at top level is read from; a seed that is text is an alignment, not a number."""
    one = {key: given[key] for key in _SHORTHAND[1:] if key in given}
    return ({"seed": given["seed"]} if isinstance(given.get("seed"), str) else {}) | one


def source_of(family: Settings) -> str:
    """Which of its keys says what a family is read from, searched with or drawn from."""
    return next(source for source in _SOURCES if family.get(source))


def of_family(given: Mapping[str, Any], label: str | None) -> Settings:
    """Select what of a configuration makes the results of one family, also if it is a study's, or a student's."""
    if label is None or "families" not in given:
        return dict(given)
    study, wanted = (label.split("/")[1], {label.split("/")[2]}) if "/" in label else ("", {label})
    families = given["families"]
    wanted |= {families[name].get("truth", {}).get("teacher") for name in wanted & families.keys()}
    own: Settings = {"families": {name: settings for name, settings in families.items() if name in wanted}}
    if "studies" in given:
        own["studies"] = {name: settings for name, settings in given["studies"].items() if name == study}
    if study:
        own["families"] = dict(families)
    return {**given, **own}


def check_files(run: Mapping[str, Any], local: bool = True) -> None:
    """See that every alignment and every program of a run is there.

    Raises
    ------
    InputError
        Naming the family and the file.
    """
    for name, family in run["families"].items():
        files = {key: family.get(key) for key in ("alignment", "query", "seed", "database", "model")}
        files |= {"structure.path": family["structure"]["path"], "mutants.table": family["mutants"]["table"]}
        files |= {f"models.{other}.path": given["path"] for other, given in family["models"].items()}
        for key, path in files.items():
            if path and set(path) & set("{}"):
                raise InputError(f"{name}: {key}: {path}: braces are wildcards to Snakemake; rename the file")
            if local and path and not Path(path).is_file():
                what = "is a folder, not a file" if Path(path).is_dir() else "there is no such file"
                raise InputError(f"{name}: {key}: {path}: {what} (paths count from {Path.cwd()})")
        for judge, given in family["judges"].items():
            program = given["command"][0]
            if shutil.which(program) is None:
                raise InputError(f"{name}: judges.{judge}.command: there is no program {program} (from {Path.cwd()})")
    students = [*run["families"].items()]
    students += [(point["label"], point["settings"]) for study in run["studies"].values() for point in study["points"]]
    for name, family in students:
        teacher = family.get("truth", {}).get("teacher")
        if local and teacher and teacher not in run["families"] and not Path(teacher).is_file():
            known = ", ".join(run["families"])
            raise InputError(f"{name}: truth.teacher: {teacher} is neither a family ({known}) nor a file")


def family_plan(run: Mapping[str, Any], label: str) -> Settings:
    """Find the settings of a family, of one that a study varies, or of one that it is drawn from.

    Parameters
    ----------
    run : mapping
        Of `configure`.
    label : str
        The family's folder in the results.

    Returns
    -------
    dict
    """
    points = [point for study in run["studies"].values() for point in study["points"]]
    plans = {point["source"]: point["settings"] for point in points}
    return (plans | {point["label"]: point["settings"] for point in points} | run["families"])[label]


def _settings(given: Mapping[str, Any]) -> Settings:
    """Check a configuration, and return what it sets, with numbers as numbers."""
    settings = _without_null_sources(Configuration.read(_textual(given)).model_dump(exclude_unset=True))
    if "families" in settings:
        settings["families"] = {name: _without_null_sources(own) for name, own in settings["families"].items()}
    return settings


def _without_null_sources(settings: Settings) -> Settings:
    """Leave out sources that are null, as those that are not there."""
    optional = (*_SOURCES, "database", "family", "families")
    return {key: value for key, value in settings.items() if value is not None or key not in optional}


def _textual(given: Any) -> Any:
    """Copy a configuration with all keys as text: YAML has numbers, too, such as those of columns."""
    if isinstance(given, Mapping):
        return {str(key): _textual(value) for key, value in given.items()}
    return [_textual(value) for value in given] if isinstance(given, list) else copy.deepcopy(given)


def _merge(base: Settings, over: Mapping[str, Any]) -> Settings:
    merged = copy.deepcopy(base)
    for key, value in over.items():
        inner = merged.get(key)
        merged[key] = _merge(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


def has_hmm(family: Settings) -> bool:
    """Whether HMMER knows the family's alphabet."""
    return family["alphabet"] in (*_BIOLOGICAL, _LATTICE)


def _check_judge(name: str, family: Settings) -> None:
    """Settle which judge of fidelity `auto` stands for, and that a family can have the one it asks for."""
    judge, kind = family["optimum"]["fidelity"], family.get("truth", {}).get("kind")
    biological, own = has_hmm(family), family["judges"]
    if taken := own.keys() & _COLUMNS:
        raise InputError(f"{name}: judges.{min(taken)}: tables have a column {min(taken)}; name the judge otherwise")
    if starting := [other for other in own if other.startswith(("percentile_", "above_median_"))]:
        raise InputError(f"{name}: judges.{starting[0]}: names of that kind are columns' of tables; choose another")
    for option, explain_missing in _OF_RNA.items():
        if family["optimum"][option]:
            _check_rna_judge(name, family, option, explain_missing())
    if judge == "auto":
        family["optimum"]["fidelity"] = "p_nat" if kind == "lattice" else "truth" if kind else "potts"
        return
    at = f"{name}: optimum.fidelity"
    if judge in _OF_RNA and not family["optimum"][judge]:
        raise InputError(f"{at}: {judge} has to be asked for with optimum.{judge}: true")
    if judge in own and own[judge]["sequences"]:
        raise InputError(f"{at}: {judge} has to score all sequences; leave out judges.{judge}.sequences")
    if judge not in (*_JUDGES, *own):
        raise InputError(f"{at}: '{judge}' is not one of auto, {', '.join((*_JUDGES, *own))}")
    if judge == "p_nat" and kind != "lattice":
        raise InputError(f"{at}: p_nat needs a lattice truth; auto would do")
    if judge == "truth" and kind in (None, "lattice"):
        raise InputError(f"{at}: truth needs an enumerable truth or a teacher; auto would do")
    if judge == "hmm" and not biological:
        raise InputError(f"{at}: hmm needs alphabet protein, rna or dna; potts would do")


def _check_rna_judge(name: str, family: Settings, judge: str, missing: str) -> None:
    """Make sure that a judge of RNA can score the family's sequences, and that its programs are installed."""
    if family["alphabet"] not in ("rna", "dna"):
        raise InputError(f"{name}: optimum.{judge}: it judges RNA and DNA only, not alphabet {family['alphabet']}")
    if missing:
        raise InputError(f"{name}: optimum.{judge}: {missing}")
