"""The run's plan: configuration, paths and final targets. No rules."""

import os
import sys
from pathlib import Path

ROOT = Path(workflow.basedir)
# Jobs import the library from src/ wherever they run: in this environment, in conda's, or on a cluster's node.
os.environ.update(PYTHONPATH=str(ROOT / "src"))
sys.path.insert(0, str(ROOT / "src"))

from temperance.configuration import check_files, configure, derive_seed, size_label
from temperance.errors import InputError

try:
    RUN = configure(config, ROOT / "workflow" / "schemas" / "config.schema.yaml")
    check_files(RUN)
except InputError as error:
    sys.tracebacklimit = 0
    raise WorkflowError(f"error: {error}") from None

# What scripts see as snakemake.config is complete, too.
config.update(RUN)
FAMILIES = RUN["families"]
OUT = RUN["results"]
FAMILY = f"{OUT}/{{family}}"
SUBSET = f"{FAMILY}/{{subset}}"
LOGS, TIMES = f"{FAMILY}/logs", f"{FAMILY}/benchmarks"
ENVIRONMENT = f"../../envs/{RUN['environment']}.yaml"
FIGURES = [
    "trade_off",
    "novelty_fidelity",
    "optimum",
    "energies",
    "pca",
    "training",
    "ladder",
]


wildcard_constraints:
    family="[A-Za-z0-9_][A-Za-z0-9._-]*",
    subset=r"(n\d+|f[\de.-]+)-r\d+",
    figure="|".join(FIGURES),


def settings(*keys):
    """Parameter function: these settings of the job's family."""
    return lambda wildcards: {key: FAMILIES[wildcards.family].get(key) for key in keys}


def seed(stage):
    """Parameter function: the job's own seed, derived from the run's and from what the job is about."""
    return lambda wildcards: derive_seed(RUN["seed"], *wildcards, stage)


def threads(wildcards):
    return FAMILIES[wildcards.family]["threads"]


def subsets(family):
    plan = FAMILIES[family]["subsets"]
    return [
        f"{size_label(size)}-r{replicate}"
        for size in plan["sizes"]
        for replicate in range(1, plan["replicates"] + 1)
    ]


def of_subsets(name):
    """Input function: the file called `name` of every subset of a family."""
    return lambda wildcards: [
        f"{OUT}/{wildcards.family}/{subset}/{name}"
        for subset in subsets(wildcards.family)
    ]


def size_of(wildcards):
    """The configured size that a subset's name stands for, and its replicate."""
    label, replicate = wildcards.subset.rsplit("-r", 1)
    sizes = FAMILIES[wildcards.family]["subsets"]["sizes"]
    return next(size for size in sizes if size_label(size) == label), int(replicate)


def largest_subset(family):
    """The first replicate of the largest size: the model that designs come from."""
    plan = FAMILIES[family]["subsets"]
    return f"{size_label(plan['sizes'][-1])}-r1"


def subset_seed(wildcards):
    """Nested draws of a replicate share one random order; independent ones have one for each size."""
    size, replicate = size_of(wildcards)
    nested = FAMILIES[wildcards.family]["subsets"]["draws"] == "nested"
    return derive_seed(
        RUN["seed"],
        wildcards.family,
        "subsample",
        replicate,
        *([] if nested else [size]),
    )


def alignment_of(wildcards):
    """The family's alignment: the user's file, or the one that the truth writes."""
    family = FAMILIES[wildcards.family]
    return family.get("alignment") or f"{OUT}/{wildcards.family}/truth.fasta"


def is_lattice(family):
    return "truth" in FAMILIES[family]


def judges_of(wildcards):
    """Files of the judges of fidelity that the family can have."""
    family = f"{OUT}/{wildcards.family}"
    has_hmm = is_lattice(wildcards.family) or FAMILIES[wildcards.family][
        "alphabet"
    ] in ("protein", "rna", "dna")
    judges = {"hmm": f"{family}/heldout.hmm"} if has_hmm else {}
    return judges | (
        {"p_nat": f"{family}/ensemble.safetensors"}
        if is_lattice(wildcards.family)
        else {}
    )


def final_targets():
    per_family = ["designs.fasta", "designs.tsv", "optimum.tsv"]
    return [f"{OUT}/report.html"] + [
        f"{OUT}/{family}/{name}" for family in FAMILIES for name in per_family
    ]
