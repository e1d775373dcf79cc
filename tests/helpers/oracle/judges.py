"""Judges' scores of sequences, and places of scores among natural sequences."""

import io
import math

import numpy as np
import pyhmmer

from oracle.sequences import count_frequencies, measure_energies

# Scores that differ by less are equal: sums of the same numbers in another order.
EQUAL = 1e-9


def score_profile(heldout, weights, q, sequences):
    """Score by log odds of the held-out one-site frequencies, a pseudocount of one sequence in them, against 1 / q."""
    frequencies = count_frequencies(heldout, q, weights)
    total = sum(weights)
    scores = []
    for sequence in sequences:
        odds = [q * (total * frequencies[site, state] + 1 / q) / (total + 1) for site, state in enumerate(sequence)]
        scores.append(math.fsum(map(math.log, odds)))
    return np.array(scores)


def score_potts(judge, sequences):
    """Score by minus the energy of the judge's own Potts model."""
    return -measure_energies((judge["fields"], judge["couplings"]), sequences)


def build_hmm(rows):
    """Build a profile HMM of aligned rows, each column a match state, with the digits that HMMER's format keeps."""
    alphabet = pyhmmer.easel.Alphabet.amino()
    sequences = [pyhmmer.easel.TextSequence(name=f"s{n}", sequence=row) for n, row in enumerate(rows)]
    msa = pyhmmer.easel.TextMSA(name="family", sequences=sequences).digitize(alphabet)
    builder = pyhmmer.plan7.Builder(alphabet, architecture="fast", symfrac=0.0)
    file = io.BytesIO()
    builder.build_msa(msa, pyhmmer.plan7.Background(alphabet))[0].write(file)
    file.seek(0)
    with pyhmmer.plan7.HMMFile(file) as profiles:
        return profiles.read()


def score_hmm(hmm, rows):
    """Score rows without their gaps in bits, one at a time; -10 where HMMER reports no domain."""
    options = {"Z": 1, "E": 1e9, "domE": 1e9, "F1": 1.0, "F2": 1.0, "F3": 1.0, "bias_filter": False, "null2": False}
    pipeline = pyhmmer.plan7.Pipeline(hmm.alphabet, **options)
    scores, cache = [], {}
    for row in rows:
        residues = row.replace("-", "")
        if residues not in cache:
            sequence = pyhmmer.easel.TextSequence(name="s", sequence=residues).digitize(hmm.alphabet)
            block = pyhmmer.easel.DigitalSequenceBlock(hmm.alphabet, [sequence])
            hits = list(pipeline.search_hmm(hmm, block))
            cache[residues] = hits[0].score if hits else -10.0
            pipeline.clear()
        scores.append(cache[residues])
    return np.array(scores)


def place(natural_scores, weights, score):
    """Compute the percentile of a score: the weight of natural sequences below it, of equal ones half."""
    below, equal = natural_scores < score - EQUAL, np.abs(natural_scores - score) <= EQUAL
    return 100 * (weights[below].sum() + weights[equal].sum() / 2) / weights.sum()


def find_threshold(natural_scores, weights, percentile):
    """Find the lowest natural score that at least a percentage of the weight does not exceed."""
    reached = 0.0
    for index in sorted(range(len(weights)), key=lambda n: natural_scores[n]):
        reached += weights[index]
        if 100 * reached / weights.sum() >= percentile - 1e-7:
            return natural_scores[index]
    raise AssertionError("the weights do not add up")


def measure_auc(family, judge, rng):
    """Compute the chance that a held-out sequence scores above one with shuffled columns, ties counted half."""
    shuffled = np.array([rng.permutation(column) for column in family.heldout.T]).T
    scores = [family.score(sequences)[judge] for sequences in (family.heldout, shuffled)]
    comparisons = np.subtract.outer(*scores)
    return ((comparisons > EQUAL).sum() + (np.abs(comparisons) <= EQUAL).sum() / 2) / comparisons.size
