"""What a run has left: its family, and of each training set the model, the samples and the ladder."""

import itertools
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from oracle.equilibrium import find_equilibrated
from oracle.judges import build_hmm, place, score_hmm, score_potts, score_profile
from oracle.sequences import (
    cluster_relatives,
    correlate_pairs,
    correlate_triples,
    count_frequencies,
    find_nearest,
    measure_energies,
    weigh,
)
from temperance.core.files import load_arrays, load_json, load_table

SYMBOLS = "-ACDEFGHIKLMNPQRSTVWY"
JUDGES = ("profile", "potts", "hmm")


class FamilyRun:
    """The results of one family of protein sequences."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.natural = load_arrays(self.folder / "alignment.safetensors")[0]["sequences"]
        self.split = load_arrays(self.folder / "split.safetensors")[0]
        self.judge = load_arrays(self.folder / "judge.safetensors")
        self.names = list(load_table(self.folder / "sequences.parquet")["name"])
        self.q = len(SYMBOLS)
        self.heldout = self.natural[self.split["heldout"]]
        self.weights, self.heldout_weights = weigh(self.natural), weigh(self.heldout)

    @cached_property
    def clusters(self):
        """Label of the cluster of relatives of each natural sequence."""
        return cluster_relatives(self.natural)

    @cached_property
    def heldout_clusters(self):
        """Label of the cluster of relatives of each held-out sequence, among held-out sequences alone."""
        return cluster_relatives(self.heldout)

    @cached_property
    def natural_scores(self):
        """Scores of all natural sequences by each judge; those of the pair judge are saved with it."""
        return self.score(self.natural) | {"potts": self.judge[0]["natural_scores"]}

    @cached_property
    def frequencies(self):
        """One-site frequencies of held-out sequences."""
        return count_frequencies(self.heldout, self.q, self.heldout_weights)

    @cached_property
    def pair_correlations(self):
        """Connected correlations of all pairs of sites of held-out sequences."""
        return correlate_pairs(self.heldout, self.q, self.heldout_weights)

    @cached_property
    def triple_correlations(self):
        """Connected correlations of all triples of sites of held-out sequences, a row a triple."""
        return correlate_triples(self.heldout, self.q, self.triples, self.heldout_weights)

    @cached_property
    def triples(self):
        return list(itertools.combinations(range(self.natural.shape[1]), 3))

    @cached_property
    def natural_diversity(self):
        """Share of columns in which two held-out sequences, drawn by weight, differ on average."""
        return 1 - np.mean([sum(share**2 for share in site) for site in self.frequencies])

    @cached_property
    def _hmm(self):
        return build_hmm(decode(self.heldout))

    def score(self, sequences):
        """Score sequences by each judge."""
        return {
            "profile": score_profile(self.heldout, self.heldout_weights, self.q, sequences),
            "potts": score_potts(self.judge[0], sequences),
            "hmm": score_hmm(self._hmm, decode(sequences)),
        }

    def describe(self, model, members, sequences):
        """Compute what is told of each sample: energy, gaps, nearest sequences, scores and percentiles."""
        columns = {"energy": measure_energies(model, sequences), "gaps": [], "nearest_natural": [],
                   "distance_natural": [], "nearest_training": [], "distance_training": []}  # fmt: skip
        for sequence in sequences:
            columns["gaps"].append(decode([sequence])[0].count("-") / len(sequence))
            nearest, distance = find_nearest(self.natural, sequence)
            columns["nearest_natural"].append(nearest)
            columns["distance_natural"].append(distance)
            nearest, distance = find_nearest(self.natural[members], sequence)
            columns["nearest_training"].append(members[nearest])
            columns["distance_training"].append(distance)
        for judge, scores in self.score(sequences).items():
            natural = self.natural_scores[judge]
            columns[judge] = scores
            columns[f"percentile_{judge}"] = [place(natural, self.weights, score) for score in scores]
        return {name: np.array(values) for name, values in columns.items()}


@dataclass(eq=False)
class SubsetRun:
    """The results of the model of one training set."""

    family: FamilyRun
    name: str

    def __post_init__(self):
        self.folder = self.family.folder / self.name
        self.size, replicate = re.fullmatch(r"(.*)-r([0-9]+)", self.name).groups()
        self.replicate = int(replicate)
        arrays = load_arrays(self.folder / "model.safetensors")[0]
        self.model = arrays["fields"], arrays["couplings"]
        self.members = load_arrays(self.folder / "subset.safetensors")[0]["indices"]
        self.training = self.family.natural[self.members]
        self.weights = weigh(self.training)
        samples, metadata = load_arrays(self.folder / "samples.safetensors")
        self.settings = metadata["settings"]
        self.temperatures, self.sequences = samples["temperatures"], samples["sequences"]
        self.betas, self.energies = samples["betas"], samples["energies"]
        self.states = load_table(self.folder / "thermodynamics.tsv")
        self.training_summary = load_json(self.folder / "training.json")

    def find_rung(self, index):
        """Find the rung, counted from the hottest, of a temperature, counted from the coldest."""
        return int(np.abs(self.betas - 1 / self.temperatures[index]).argmin())

    @cached_property
    def equilibrated(self):
        return find_equilibrated(self)

    @cached_property
    def samples(self):
        """What is told of each sample, of every temperature a table with arrays (ladders, draws)."""
        tables = []
        for sequences in self.sequences:
            ladders, draws, length = sequences.shape
            columns = self.family.describe(self.model, self.members, sequences.reshape(-1, length))
            tables.append({name: values.reshape(ladders, draws) for name, values in columns.items()})
        return tables

    @cached_property
    def heldout_energies(self):
        return measure_energies(self.model, self.family.heldout)

    @cached_property
    def training_energy(self):
        """Mean energy of the training sequences by their weights."""
        return np.average(measure_energies(self.model, self.training), weights=self.weights)


def decode(sequences):
    """Write encoded sequences as text."""
    return ["".join(SYMBOLS[state] for state in sequence) for sequence in sequences]
