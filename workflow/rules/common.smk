"""The run's plan: configuration, paths and final targets. No rules."""

import os
import re
import sys
from pathlib import Path

# Of this file, not of the workflow, which may be another's that uses this one as a module.
ROOT = Path(str(workflow.current_basedir)).parents[1]
# Jobs import the library from src/ wherever they run: in this environment, in conda's, or on a cluster's node.
os.environ.update(
    PYTHONPATH=os.pathsep.join(
        [str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
)
sys.path.insert(0, str(ROOT / "src"))

from snakemake import __version__ as snakemake_version

from temperance.workflow.configuration import (
    ENUMERABLE,
    check_files,
    configure,
    has_hmm,
    source_key,
    with_table,
)
from temperance.potts.formats.names import EXPORTS
from temperance.core.seeds import derive_seed
from temperance.core.settings.stages import STAGES
from temperance.core.sizes import size_label, subset_names
from temperance.core.errors import InputError
from temperance.workflow.failures import install_failure_reporter
from temperance.core.stamps import file_stamps
from temperance.workflow.resources import (
    alignment_size,
    database_memory,
    memory,
    minutes,
)
from temperance.workflow.versions import check_snakemake
from temperance.core.artefacts import (
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
    RUN = configure(with_table(config))
    # Of inputs that lie in a storage Snakemake sees which are there.
    check_files(RUN, local=workflow.storage_settings.default_storage_provider is None)
except InputError as error:
    sys.tracebacklimit = 0
    raise WorkflowError(f"error: {error}") from None

FAMILIES = RUN["families"]
STUDIES = RUN["studies"]
POINTS = [point for study in STUDIES.values() for point in study["points"]]
# Settings of every family that rules may meet: those of the run, those that studies vary, and those they draw from.
PLANS = (
    {point["source"]: point["settings"] for point in POINTS}
    | {point["label"]: point["settings"] for point in POINTS}
    | FAMILIES
)
# GPUs of a job that trains or samples; whether all models of a family are trained in one job.
GPU = int(RUN["gpu"])
TOGETHER = RUN["batch_replicates"] > 1
SOURCES = {point["label"]: point["source"] for point in POINTS}
# Families of a study that differ in one setting have the same seeds: draws, splits and subsets are paired.
SEED_FAMILY = {name: name for name in FAMILIES} | {
    point[name]: point["family"] for point in POINTS for name in ("source", "label")
}
OUT = RUN["results"]
FAMILY = f"{OUT}/{{family}}"
SUBSET = f"{FAMILY}/{{subset}}"
STUDY = f"{OUT}/studies/{{study}}"
FOLDS = f"{OUT}/lattice-folds.safetensors"
LOGS, TIMES = f"{FAMILY}/logs", f"{FAMILY}/benchmarks"
ENVIRONMENT = f"../../envs/{RUN['environment']}.yaml"
CLAIMS = [
    "lowering",
    "raising",
    "data",
    "regularisation",
    "scaling",
    "limits",
    "power",
    "calibration",
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
    "pca",
    "correlations",
    "orders",
    "distances",
    "logo",
    "contacts",
    "mutants",
    "training",
    "ladder",
    *(["models"] if any(plan["models"] for plan in FAMILIES.values()) else []),
]


# On a cluster limits hold within a submission: that of cards in profiles/default is one computer's, and jobs that share
# a submission take the most that one of them needs.
resource_scopes:
    gpu="local",
    in_turn="local",


if workflow.nodes or workflow.remote_exec:
    workflow.register_resource("in_turn", 1)


wildcard_constraints:
    family=r"[A-Za-z0-9_][A-Za-z0-9._-]*|studies/[\w./-]+",
    study="|".join(STUDIES),
    name="[A-Za-z0-9_][A-Za-z0-9._-]*",
    subset=r"(n\d+|f[\de.-]+)-r\d+",
    figure="|".join(FIGURES),
    model="[a-z][a-z0-9_.-]*",


def settings(stage):
    """Parameter function: what a stage reads of the settings of the job's family; no other setting remakes it."""
    return lambda wildcards: STAGES[stage].of(PLANS[wildcards.family]).model_dump()


def seed(stage):
    """Parameter function: the job's own seed, derived from the run's and from what the job is about."""
    return lambda wildcards: derive_seed(
        RUN["seed"], SEED_FAMILY[wildcards.family], *list(wildcards)[1:], stage
    )


def seeds(stage):
    """Parameter function: the seed that a job about each subset of the family alone would have."""
    return lambda wildcards: {
        subset: derive_seed(RUN["seed"], SEED_FAMILY[wildcards.family], subset, stage)
        for subset in subsets(wildcards.family)
    }


def size_of_family(family):
    return alignment_size(
        f"{OUT}/{SOURCES.get(family, family)}/ingest.json",
        PLANS[family],
    )


def memory_of(stage):
    """Resource function: megabytes, twice as many at each further attempt."""

    def megabytes(wildcards, attempt):
        family = wildcards.family
        asked = memory(
            stage, size_of_family(family), PLANS[family], RUN["engine"], bool(GPU)
        )
        return round(RUN["memory_factor"] * asked * 2 ** (attempt - 1))

    return megabytes


def minutes_of(stage, all_subsets=False):
    """Resource function: minutes, twice as many at each further attempt; of a job for all subsets if asked for."""

    def of_job(wildcards, attempt, threads):
        family = wildcards.family
        each = minutes(stage, size_of_family(family), PLANS[family], threads)
        return (len(subsets(family)) if all_subsets else 1) * each * 2 ** (attempt - 1)

    return of_job


def threads(wildcards):
    return PLANS[wildcards.family]["threads"]


def subsets(family):
    return subset_names(PLANS[family]["subsets"])


def of_subsets(*names):
    """Input function: the files of these names of every subset of a family."""
    return lambda wildcards: [
        f"{OUT}/{wildcards.family}/{subset}/{name}"
        for subset in subsets(wildcards.family)
        for name in names
    ]


def of_largest(*names):
    """Input function: the files of these names of the largest subset of a family."""
    return lambda wildcards: [
        f"{OUT}/{wildcards.family}/{largest_subset(wildcards.family)}/{name}"
        for name in names
    ]


def baseline_tables(wildcards):
    """Tables of every model that the family's own are compared with, for each subset."""
    family = wildcards.family
    return [
        f"{OUT}/{family}/{subset}/models/{model}/{name}"
        for subset in subsets(family)
        for model in PLANS[family]["models"]
        for name in MODEL_FILES
    ]


def truth_diagnostics(wildcards):
    """How well the family was drawn, where it has a truth of its own."""
    drawn = truth_of(wildcards.family)
    return {"truth": f"{drawn}/truth.json"} if drawn else {}


def known_of_family(wildcards):
    """What is known of a family beside its sequences: a structure, measured mutants."""
    plan = PLANS[wildcards.family]
    files = {
        "structure": plan["structure"]["path"],
        "measured": plan["mutants"]["table"],
    }
    return {name: path for name, path in files.items() if path}


def imported_model(wildcards):
    """The family's own model, where it was learnt elsewhere."""
    path = PLANS[wildcards.family]["model"]
    return {"imported": path} if path else {}


def trained_together(wildcards):
    """The folder of models that one job trains, where one does."""
    folder = f"{OUT}/{wildcards.family}/trained"
    return {"trained": folder} if learns_together(wildcards) else {}


def learns_together(wildcards):
    """Whether one job learns all models of the family."""
    return TOGETHER and not PLANS[wildcards.family]["model"]


def model_of_file(wildcards):
    """The file of a model that is not learnt."""
    path = PLANS[wildcards.family]["models"][wildcards.model]["path"]
    return {"other": path} if path else {}


def size_of(wildcards):
    """The configured size that a subset's name stands for, and its replicate."""
    label, replicate = wildcards.subset.rsplit("-r", 1)
    sizes = PLANS[wildcards.family]["subsets"]["sizes"]
    return next(size for size in sizes if size_label(size) == label), int(replicate)


def largest_subset(family):
    """The first replicate of the largest size: the model that designs come from."""
    plan = PLANS[family]["subsets"]
    return f"{size_label(plan['sizes'][-1])}-r1"


def subset_seed(wildcards):
    """Nested draws of a replicate share one random order; independent ones have one for each size."""
    size, replicate = size_of(wildcards)
    nested = PLANS[wildcards.family]["subsets"]["draws"] == "nested"
    return derive_seed(
        RUN["seed"],
        SEED_FAMILY[wildcards.family],
        "subsample",
        replicate,
        *([] if nested else [size]),
    )


def truth_of(family):
    """Where the family's truth writes, the name of a file left open; None for a family that is read from a file."""
    return f"{OUT}/{SOURCES.get(family, family)}" if "truth" in PLANS[family] else None


def alignment_of(wildcards):
    """The family's alignment: the user's file, or one that the truth, a server or a search gives."""
    family, plan = wildcards.family, PLANS[wildcards.family]
    given = {
        "truth": f"{truth_of(family)}/truth.fasta",
        "pfam": f"{OUT}/{family}/fetched.sto",
        "interpro": f"{OUT}/{family}/fetched.sto",
        "query": f"{OUT}/{family}/found.a2m",
        "seed": f"{OUT}/{family}/found.a2m",
    }
    return given.get(source_key(plan)) or plan["alignment"]


def stamps(*inputs):
    """Parameter function: size and time of the user's files among inputs: one that changed is noticed, older or not."""

    def of_job(wildcards):
        named = {}
        for files in inputs:
            named |= files(wildcards)
        paths = [
            path
            for value in named.values()
            for path in ([value] if isinstance(value, str) else value)
        ]
        return file_stamps(path for path in paths if not Path(path).is_relative_to(OUT))

    return of_job


def given_alignment(wildcards):
    """The family's alignment as a named input."""
    return {"alignment": alignment_of(wildcards)}


def search_inputs(wildcards):
    """What a search begins with, `query` or `seed`, and the database."""
    plan = PLANS[wildcards.family]
    return {name: plan[name] for name in (source_key(plan), "database")}


def memory_of_search(wildcards, attempt):
    """Resource function: a gzipped database is unpacked into memory."""
    return database_memory(PLANS[wildcards.family]["database"]) * 2 ** (attempt - 1)


def known_truth(wildcards):
    """The truth as a named input, where the family has one."""
    drawn = truth_of(wildcards.family)
    return {"truth": f"{drawn}/truth.safetensors"} if drawn else {}


def judges_of(wildcards):
    """Files of the judges of fidelity that the family can have."""
    folder = f"{OUT}/{wildcards.family}"
    files = {"judge": f"{folder}/judge.safetensors"}
    if has_hmm(PLANS[wildcards.family]):
        files["hmm"] = f"{folder}/heldout.hmm"
    if PLANS[wildcards.family]["optimum"]["covariance"]:
        files["covariance"] = f"{folder}/heldout.cm"
    # Programs of the user's and their scripts: those words of their commands that are files.
    commands = [
        judge["command"] for judge in PLANS[wildcards.family]["judges"].values()
    ]
    programs = [word for words in commands for word in words if Path(word).is_file()]
    return (
        known_truth(wildcards)
        | files
        | {"programs": [local(word) for word in programs]}
    )


def constraints_asked(plan):
    return any(plan["constraints"][key] for key in ("fixed", "forbidden", "seed"))


def constraints_of(wildcards):
    """Constraints of designs as a named input, where the family has any."""
    asked = constraints_asked(PLANS[wildcards.family])
    path = f"{OUT}/{wildcards.family}/constraints.safetensors"
    return {"constraints": path} if asked else {}


def origin_of_truth(wildcards):
    """What a truth is made from: all folds, a teacher's model, or nothing."""
    truth = PLANS[wildcards.family]["truth"]
    if truth["kind"] == "lattice":
        return FOLDS
    if truth["kind"] == "teacher":
        name = truth["teacher"]
        return (
            f"{OUT}/{name}/{largest_subset(name)}/model.safetensors"
            if name in FAMILIES
            else name
        )
    return []


def points_of(wildcards):
    """The points of one family of a study, in order of the varied value."""
    points = STUDIES[wildcards.study]["points"]
    return [point for point in points if point["family"] == wildcards.name]


def is_enumerable(point):
    return point["settings"]["truth"]["kind"] in ENUMERABLE


def families_of(study, enumerable):
    points = STUDIES[study]["points"]
    return list(
        dict.fromkeys(p["family"] for p in points if is_enumerable(p) == enumerable)
    )


def folders_of(wildcards):
    """Folders of every model of every point."""
    return [
        [f"{OUT}/{point['label']}/{subset}" for subset in subsets(point["label"])]
        for point in points_of(wildcards)
    ]


def patterns(selected):
    """Paths of the outputs of rules as they stand there, also where they lie in a storage."""
    paths = [str(path) for rule in selected for path in rule.output]
    return [path[path.index(FAMILY) :] for path in paths]


def files_of_family(family):
    """Every file that is made for a family: what is missing is made again, and what depends on it."""
    plan = PLANS[family]
    of_family = [
        *([rules.truth] if "truth" in plan else []),
        rules.ingest,
        rules.split,
        rules.judge,
        *([rules.hmm] if has_hmm(plan) else []),
        *([rules.covariance_model] if plan["optimum"]["covariance"] else []),
        *([rules.constrain] if constraints_asked(plan) else []),
        rules.optimum,
        rules.design,
        rules.predict,
        rules.figures,
        rules.page,
    ]
    of_subset = (
        rules.subsample,
        rules.train,
        rules.sample,
        rules.thermodynamics,
        rules.score,
    )
    own = subsets(family)
    return (
        expand(patterns(of_family), family=family)
        + expand(patterns(of_subset), family=family, subset=own)
        + expand(
            patterns([rules.compare]),
            family=family,
            subset=own,
            model=list(plan["models"]),
        )
        + [f"{OUT}/{family}/export/{EXPORTS[form]}" for form in plan["export"]]
    )


def final_targets(wildcards):
    """The report, and all that it rests on."""
    return [f"{OUT}/report.html"] + [
        path for family in FAMILIES for path in files_of_family(family)
    ]
