"""Configuration, paths, helper functions and final targets of the workflow; no rules."""

import atexit
import os
import re
import sys
from pathlib import Path

# From the path of this file: the workflow may be another one that uses this one as a module.
ROOT = Path(str(workflow.current_basedir)).parents[1]
# The library of the same version: beside these files, or else installed by pip. Jobs import it wherever they run: in this
# environment, on a node of a cluster, or in an environment of conda, which is made with a link to it.
if (ROOT / "src").is_dir():
    os.environ.update(
        PYTHONPATH=os.pathsep.join(
            [str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
        )
    )
    sys.path.insert(0, str(ROOT / "src"))

import temperance
from temperance.workflow.console import explain_interrupt, install_console

if workflow.is_main_process:
    sys.excepthook = explain_interrupt

os.environ.update(TEMPERANCE_LIBRARY=str(Path(temperance.__file__).parents[1]))

from snakemake import __version__ as snakemake_version

from temperance.workflow.configuration import (
    check_files,
    configure,
    family_plans,
    source_key,
)
from temperance.workflow.judge_settings import has_hmm
from temperance.workflow.configfiles import read_again
from temperance.workflow.family_table import with_table
from temperance.potts.formats.names import EXPORTS
from temperance.core.seeds import derive_seed
from temperance.core.settings.stages import STAGES
from temperance.core.settings.truths import EnumerableTruth
from temperance.core.sizes import size_label, subset_names
from temperance.core.errors import InputError
from temperance.workflow.failures import install_failure_reporter
from temperance.core.stamps import file_stamps
from temperance.workflow.versions import check_snakemake
from temperance.core.artefacts import (
    COLUMNS,
    FAMILY_FILES,
    JUDGED_FILES,
    LARGEST_FILES,
    MODEL_FILES,
    PAGE_FILES,
    STUDIED_FILES,
    SUBSET_FILES,
)

install_failure_reporter()

try:
    check_snakemake(snakemake_version)
    read_again(workflow, config)
    RUN = configure(with_table(config))
    # Of inputs that lie in a storage Snakemake sees which are there.
    check_files(RUN, local=workflow.storage_settings.default_storage_provider is None)
except InputError as error:
    sys.tracebacklimit = 0
    raise WorkflowError(f"error: {error}") from None

FAMILIES = RUN["families"]
STUDIES = RUN["studies"]
POINTS = [point for study in STUDIES.values() for point in study["points"]]
PLANS = family_plans(RUN)
# Number of GPUs of a job that trains or samples; and whether one job trains all models of a family.
GPU = int(RUN["gpu"])
JOINT_TRAINING = RUN["batch_replicates"] > 1
SOURCES = {point["label"]: point["source"] for point in POINTS}
# The family whose name seeds are derived from: points of a study share seeds, so that draws, splits and subsets are
# paired.
SEED_FAMILY = {name: name for name in FAMILIES} | {
    point[name]: point["family"] for point in POINTS for name in ("source", "label")
}
OUT = RUN["results"]
FAMILY = f"{OUT}/{{family}}"
SUBSET = f"{FAMILY}/{{subset}}"
STUDY = f"{OUT}/studies/{{study}}"
FOLDS = f"{OUT}/lattice-folds.safetensors"
LOGS, TIMES = f"{FAMILY}/logs", f"{FAMILY}/benchmarks"
# Of rules that train, sample or score, and of the others.
ENVIRONMENT = f"../../envs/{RUN['environment']}.yaml"
LIGHT_ENVIRONMENT = "../../envs/light.yaml"
CLAIMS = [
    "lowering",
    "raising",
    "data",
    "regularisation",
    "law",
    "nature",
    "scaling",
    "identifiability",
    "limits",
    "power",
    "escort",
    "free_energy",
    "calibration",
    "overfitting",
    "attention",
    "distillation",
]
# Temperatures of the Ising lattice and of the sector, and the figures of the publication, that the page docs/paper.md is
# made of.
PAPER_TEMPERATURES = [2.05, 2.3, 2.55, 2.8, 3.0, 3.2, 3.5, 4.0, 4.5, 5.0]
PAPER_SECTOR_TEMPERATURES = [0.2, 0.4, 1.0]
PAPER_FIGURES = [
    "two-level-example",
    "two-level-diagram",
    "ising-example",
    "ising-diagram",
    "sign-rule",
    "levels",
    "sector",
]
FIGURES = [
    "operating_points",
    "trade_off",
    "novelty_fidelity",
    "sensitivity",
    "optimum",
    "divergence",
    "thermodynamics",
    "calibration",
    "energies",
    "bias",
    "pca",
    "correlations",
    "orders",
    "distances",
    "logo",
    "contacts",
    "mutants",
    *(["measured"] if any(plan.measured.tables for plan in FAMILIES.values()) else []),
    "training",
    "ladder",
    *(["models"] if any(plan.models for plan in FAMILIES.values()) else []),
]


wildcard_constraints:
    family=r"[A-Za-z0-9_][A-Za-z0-9._-]*|studies/[\w./-]+",
    study="|".join(STUDIES),
    name="[A-Za-z0-9_][A-Za-z0-9._-]*",
    subset=r"(n\d+|f[\de.-]+)-r\d+",
    figure="|".join(FIGURES),
    model="[a-z][a-z0-9_.-]*",
    temperature=r"\d+\.\d+",


def settings(stage):
    """Return a function of wildcards to the settings that a stage reads; a change of others does not repeat the job."""
    return lambda wildcards: STAGES[stage].of(PLANS[wildcards.family]).model_dump()


def seed(stage):
    """Return a function of wildcards to the seed of a job, derived from the run's, the wildcards and the stage."""
    return lambda wildcards: derive_seed(
        RUN["seed"], SEED_FAMILY[wildcards.family], *list(wildcards)[1:], stage
    )


def seeds(stage):
    """Return a function of wildcards to the seed of each subset of a family, as if it had a job of its own."""
    return lambda wildcards: {
        subset: derive_seed(RUN["seed"], SEED_FAMILY[wildcards.family], subset, stage)
        for subset in subsets(wildcards.family)
    }


def threads(wildcards):
    """Return the threads of a job, as the family's settings say."""
    return PLANS[wildcards.family].threads


def subsets(family):
    """Return the names of a family's training sets, in order of size."""
    return subset_names(PLANS[family].subsets)


def files_of_subsets(*names):
    """Return an input function of the files with these names in the folder of every training set of a family."""
    return lambda wildcards: [
        f"{OUT}/{wildcards.family}/{subset}/{name}"
        for subset in subsets(wildcards.family)
        for name in names
    ]


def files_of_largest(*names):
    """Return an input function of the files with these names in the folder of a family's largest training set."""
    return lambda wildcards: [
        f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/{name}"
        for name in names
    ]


def baseline_tables(wildcards):
    """Return the tables of every baseline model, for each training set."""
    family = wildcards.family
    return [
        f"{OUT}/{family}/{subset}/models/{model}/{name}"
        for subset in subsets(family)
        for model in PLANS[family].models
        for name in MODEL_FILES
    ]


def truth_diagnostics_input(wildcards):
    """Return the diagnostics of the draw as a named input, if the family is drawn from a truth."""
    folder = truth_folder(wildcards.family)
    return {"truth": f"{folder}/truth.json"} if folder else {}


def validation_inputs(wildcards):
    """Return the user's structure and measured mutants as named inputs, if the family has them."""
    plan = PLANS[wildcards.family]
    files = {
        "structure": plan.structure.path,
        "measured": plan.mutants.table,
    }
    return {name: path for name, path in files.items() if path}


def imported_model_input(wildcards):
    """Return the imported Potts model as a named input, if the family has one."""
    path = PLANS[wildcards.family].model
    return {"imported": path} if path else {}


def joint_training_input(wildcards):
    """Return the folder of `train_together` as a named input, if one job trains all models of the family."""
    folder = f"{OUT}/{wildcards.family}/trained"
    return {"trained": folder} if trains_jointly(wildcards) else {}


def trains_jointly(wildcards):
    """Tell whether one job trains all models of the family."""
    return JOINT_TRAINING and not PLANS[wildcards.family].model


def baseline_file_input(wildcards):
    """Return the file of a baseline model as a named input, if it is read instead of trained."""
    path = PLANS[wildcards.family].models[wildcards.model].path
    return {"other": path} if path else {}


def size_and_replicate(wildcards):
    """Return the configured size and the replicate that the name of a training set stands for."""
    label, replicate = wildcards.subset.rsplit("-r", 1)
    sizes = PLANS[wildcards.family].subsets.sizes
    return next(size for size in sizes if size_label(size) == label), int(replicate)


def largest_subset(family):
    """Return the name of the first replicate of the largest size, from whose model designs come."""
    plan = PLANS[family].subsets
    return f"{size_label(plan.sizes[-1])}-r1"


def subset_seed(wildcards):
    """Return the seed of a training set: nested ones of a replicate share it, independent ones do not."""
    size, replicate = size_and_replicate(wildcards)
    nested = PLANS[wildcards.family].subsets.draws == "nested"
    return derive_seed(
        RUN["seed"],
        SEED_FAMILY[wildcards.family],
        "subsample",
        replicate,
        *([] if nested else [size]),
    )


def truth_folder(family):
    """Return the folder in which the family's truth is, None if the family is not drawn from one."""
    return f"{OUT}/{SOURCES.get(family, family)}" if PLANS[family].truth else None


def alignment_path(wildcards):
    """Return the path of the family's alignment: the user's, or that of a truth, a download or a search."""
    family, plan = wildcards.family, PLANS[wildcards.family]
    paths = {
        "truth": f"{truth_folder(family)}/truth.fasta",
        "pfam": f"{OUT}/{family}/fetched.sto",
        "interpro": f"{OUT}/{family}/fetched.sto",
        "query": f"{OUT}/{family}/found.a2m",
        "seed": f"{OUT}/{family}/found.a2m",
    }
    return paths.get(source_key(plan)) or plan.alignment


def stamps(*inputs):
    """Return a function of wildcards to size and time of the user's files among inputs.

    As a parameter they reveal a file that was replaced, even by an older one.
    """

    def stamps_of_inputs(wildcards):
        files = {}
        for input_function in inputs:
            files |= input_function(wildcards)
        paths = [
            path
            for value in files.values()
            for path in ([value] if isinstance(value, str) else value)
        ]
        return file_stamps(path for path in paths if not Path(path).is_relative_to(OUT))

    return stamps_of_inputs


def alignment_input(wildcards):
    """Return the family's alignment as a named input."""
    return {"alignment": alignment_path(wildcards)}


def search_inputs(wildcards):
    """Return the query or seed alignment and the database of a search as named inputs."""
    plan = PLANS[wildcards.family]
    return {name: getattr(plan, name) for name in (source_key(plan), "database")}


def truth_input(wildcards):
    """Return the truth as a named input, if the family is drawn from one."""
    folder = truth_folder(wildcards.family)
    return {"truth": f"{folder}/truth.safetensors"} if folder else {}


def judge_inputs(wildcards):
    """Return the files of the family's judges as named inputs."""
    folder = f"{OUT}/{wildcards.family}"
    files = {"judge": f"{folder}/judge.safetensors"}
    if has_hmm(PLANS[wildcards.family].alphabet):
        files["hmm"] = f"{folder}/heldout.hmm"
    if PLANS[wildcards.family].optimum.covariance:
        files["covariance"] = f"{folder}/heldout.cm"
    # The user's programs and scripts: the words of their commands that are names of files.
    commands = [judge.command for judge in PLANS[wildcards.family].judges.values()]
    programs = [word for words in commands for word in words if os.path.isfile(word)]
    programs = [local(word) for word in programs]
    return truth_input(wildcards) | files | {"programs": programs}


def measured_tables(wildcards):
    """Return the user's tables of measured sequences as a named input, if the family has any."""
    tables = PLANS[wildcards.family].measured.tables
    return {"tables": tables} if tables else {}


def calibrated_input(wildcards):
    """Return the calibrated model as a named input, if sequences of the family were measured."""
    path = f"{OUT}/{wildcards.family}/calibrated.safetensors"
    return {"calibrated": path} if measured_tables(wildcards) else {}


def expectation_inputs(wildcards):
    """Return the calibrated model and what it expects of each temperature as named inputs, if there are any."""
    files = calibrated_input(wildcards)
    folder = f"{OUT}/{wildcards.family}"
    return files | {"expected": f"{folder}/measured-temperatures.tsv"} if files else {}


def measured_inputs(wildcards):
    """Return what measured sequences say, and lead to expect, as named inputs, if any were measured."""
    folder = f"{OUT}/{wildcards.family}"
    files = {"measured": "measured.json", "expected": "measured-temperatures.tsv"}
    if PLANS[wildcards.family].measured.feedback:
        files["feedback"] = "feedback.json"
    named = {name: f"{folder}/{file}" for name, file in files.items()}
    return named if measured_tables(wildcards) else {}


def has_constraints(plan):
    """Tell whether designs of a family have constraints."""
    return any(getattr(plan.constraints, key) for key in ("fixed", "forbidden", "seed"))


def constraints_input(wildcards):
    """Return the constraints on designs as a named input, if the family has any."""
    path = f"{OUT}/{wildcards.family}/constraints.safetensors"
    return {"constraints": path} if has_constraints(PLANS[wildcards.family]) else {}


def truth_origin(wildcards):
    """Return the input of a truth: all folds of lattice proteins, a teacher's model, or nothing."""
    truth = PLANS[wildcards.family].truth
    if truth.kind == "lattice":
        return FOLDS
    if truth.kind == "teacher":
        name = truth.teacher
        return (
            f"{OUT}/{name}/{largest_subset(name)}/model.safetensors"
            if name in FAMILIES
            else name
        )
    return []


def family_points(wildcards):
    """Return the points of one family of a study, in order of the varied value, as plain values."""
    points = STUDIES[wildcards.study]["points"]
    return [
        point | {"settings": point["settings"].model_dump()}
        for point in points
        if point["family"] == wildcards.name
    ]


def is_enumerable(point):
    """Tell whether all sequences of a point's family can be enumerated."""
    return isinstance(point["settings"].truth, EnumerableTruth)


def study_families(study, enumerable):
    """Return the names of a study's families that are enumerable, or of those that are not."""
    points = STUDIES[study]["points"]
    return list(
        dict.fromkeys(p["family"] for p in points if is_enumerable(p) == enumerable)
    )


def model_folders(wildcards):
    """Return the folders of the models of each point of one family of a study."""
    return [
        [f"{OUT}/{point['label']}/{subset}" for subset in subsets(point["label"])]
        for point in family_points(wildcards)
    ]


def patterns(selected):
    """Paths of the outputs of rules as they stand there, also where they lie in a storage."""
    paths = [str(path) for rule in selected for path in rule.output]
    return [path[path.index(FAMILY) :] for path in paths]


def files_of_family(family):
    """Return every file of a family's results, so that a missing one is made again with all that depends on it."""
    plan = PLANS[family]
    family_rules = [
        *([rules.truth] if plan.truth else []),
        rules.ingest,
        rules.split,
        rules.judge,
        *([rules.hmm] if has_hmm(plan.alphabet) else []),
        *([rules.covariance_model] if plan.optimum.covariance else []),
        *([rules.constrain] if has_constraints(plan) else []),
        rules.optimum,
        rules.design,
        rules.predict,
        *([rules.measured] if plan.measured.tables else []),
        *([rules.feedback] if plan.measured.feedback else []),
        rules.figures,
        rules.page,
    ]
    subset_rules = (
        rules.subsample,
        rules.train,
        rules.sample,
        rules.thermodynamics,
        rules.score,
    )
    names = subsets(family)
    return (
        expand(patterns(family_rules), family=family)
        + expand(patterns(subset_rules), family=family, subset=names)
        + expand(
            patterns([rules.compare]),
            family=family,
            subset=names,
            model=list(plan.models),
        )
        + [f"{OUT}/{family}/export/{EXPORTS[form]}" for form in plan.export]
    )


def final_targets(wildcards):
    """Return the report and all results of all families."""
    return [f"{OUT}/report.html"] + [
        path for family in FAMILIES for path in files_of_family(family)
    ]
