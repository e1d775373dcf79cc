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
    "alignment.safetensors", "split.safetensors", "ingest.json", "optimum.tsv", "recommendation.json",
    "operating_points.tsv", "sensitivity.tsv", "designs.json", "designs.tsv", "contacts.tsv", "mutants.tsv",
    "conservation.tsv", "predictions.json",
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
