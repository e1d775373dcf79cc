"""Files of a family that several rules read together, by the folder that they are in.

Whatever a rule reads is an input of it; these lists are what the recommendation, the figures and the page read, so that
rules and the library name the same files.
"""

# Of each subset: what the recommendation is made of.
JUDGED_FILES = (
    "training.json", "samples.safetensors", "thermodynamics.tsv", "optima.tsv", "landscape.json", "scores.tsv",
    "samples.parquet", "natural.parquet", "judges.json", "calibration-optimum.tsv",
)  # fmt: skip

# Of each model of a study: what its tables are made of.
STUDIED_FILES = ("training.json", "landscape.json", "scores.tsv", "optima.tsv")

# What figures and the page are made of: of the family, of each subset, of the subset whose model designs come from, and
# of each model to compare with.
FAMILY_FILES = (
    "alignment.safetensors", "sequences.parquet", "split.safetensors", "ingest.json", "optimum.tsv",
    "recommendation.json", "operating_points.tsv", "sensitivity.tsv", "designs.json", "designs.tsv", "contacts.tsv",
    "mutants.tsv", "conservation.tsv", "chain.tsv", "predictions.json",
)  # fmt: skip
SUBSET_FILES = (
    "training.json", "history.tsv", "regularisation.tsv", "ladder.tsv", "thermodynamics.tsv", "divergence.tsv",
    "scores.tsv", "calibration.tsv",
)  # fmt: skip
LARGEST_FILES = (
    "samples.safetensors", "samples.parquet", "natural.parquet", "reliability.tsv", "orders.tsv", "levels.tsv",
    "density.tsv", "landscape.json",
)  # fmt: skip
MODEL_FILES = ("scores.tsv", "optimum.tsv")

# What can be taken from a family's page.
PAGE_FILES = (
    "designs.fasta", "designs.aligned.fasta", "designs.tsv", "plates.csv", "optimum.tsv", "operating_points.tsv",
)  # fmt: skip

# Columns of each table that are text, also where it could be numbers.
TEXT_COLUMNS = {
    "operating_points.tsv": ("name", "note"),
    "mutants.tsv": ("wild", "mutated"),
    "chain.tsv": ("residue", "number"),
    "designs.tsv": ("name", "nearest_natural", "nearest_training", "aligned", "sequence", "lost", "mutations"),
}

# Of each table, what the recommendation, pages and figures read of it, but for columns of judges, and of truths and
# structures that not every family has. A rule that names the columns of its table as a parameter runs again once they
# are others.
COLUMNS = {
    "scores.tsv": (
        "temperature", "fidelity", "fidelity_error", "novelty", "novelty_error", "diversity", "diversity_error",
        "energy", "gaps", "effective_share", "identical", "pearson_single", "pearson_pair", "pearson_triple", "ess",
        "rhat", "drift", "equilibrated",
    ),
    # Of the family's models and, with columns of its own, of a baseline.
    "optimum.tsv": ("M", "tau", "tau_low", "tau_high", "fidelity", "novelty", "diversity", "feasible"),
    "operating_points.tsv": ("subset", "name", "value", "low", "high", "limit", "decides", "note"),
    "sensitivity.tsv": ("floor", "value", "tau", "tau_low", "tau_high", "novelty", "percentile", "feasible"),
    "thermodynamics.tsv": (
        "temperature", "energy", "energy_error", "entropy", "entropy_error", "free_energy", "free_energy_error",
        "heat_capacity", "heat_capacity_error", "log_z", "log_z_error", "log_likelihood", "log_z_ais",
        "log_z_ais_error", "equilibrated",
    ),
    "divergence.tsv": ("temperature", "forward", "forward_low", "forward_high", "forward_absolute"),
    "density.tsv": ("energy", "log_g", "log_g_error"),
    "calibration.tsv": ("temperature", "npll", "npll_error", "ece"),
    "reliability.tsv": ("temperature", "confidence", "accuracy", "share"),
    "orders.tsv": ("order", "temperature", "pearson", "slope", "r20", "r20_error"),
    # Exact values, where all sequences can be enumerated, have no errors.
    "levels.tsv": ("temperature", "level", "energy", "p", "q", "forward", "reverse", "slope"),
    "ladder.tsv": ("temperature", "rhat", "ess", "acceptance"),
    "history.tsv": ("step", "pearson", "gradient_norm", "gradient_noise", "acceptance"),
    "regularisation.tsv": ("l2_couplings", "log_likelihood", "log_likelihood_error", "predicted_tau_f", "chosen"),
    "contacts.tsv": ("i", "j", "score", "column_i", "number_i", "column_j", "number_j", "separation"),
    "mutants.tsv": ("site", "column", "number", "wild", "mutated", "score"),
    "conservation.tsv": ("site", "number"),
    "optima.tsv": ("optimum", "value", "low", "high", "root", "agree", "shared", "equilibrated"),
    "calibration-optimum.tsv": ("tau_cal", "tau_cal_low", "tau_cal_high", "tau_ece"),
    "samples.parquet": ("temperature", "ladder", "energy", "distance_natural"),
    "natural.parquet": ("set", "cluster", "scale_weight"),
    "designs.tsv": (
        "name", "temperature", "recommended", "energy", "distance_natural", "cluster", "aligned", "sequence",
    ),
}  # fmt: skip
