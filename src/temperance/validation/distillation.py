"""Distillation: small students that learn from a teacher's site conditionals at a temperature, or from its samples.

Students are Potts models in which some pairs of sites have couplings. As in Hinton, Vinyals, Dean (arXiv:1503.02531)
both softmaxes are at temperature T in training, the loss is times T^2, and the student is used at temperature 1.
"""

from itertools import combinations, product

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from temperance.core.seeds import derive_seed
from temperance.potts.enumeration import (
    all_sequences,
    boltzmann,
    conditional_logits,
    draw_sequences,
    energies_of_all,
    find_positions,
)
from temperance.potts.exact_optima import forward_divergence
from temperance.potts.model import Potts
from temperance.stats.resampling import interval_factor
from temperance.temperature.calibration import negative_log_likelihood, site_logits
from temperance.truth.enumerable import KINDS

# Sites and states of teachers, and the parameters of their kinds.
LENGTH, Q = 6, 4
_SHAPES = {"hopfield": {"gap": 6.0}, "gapless": {"width": 0.5}}
# Pairs of sites whose couplings a sparse student has.
_SPARSE_PAIRS = 5


def distillation(
    seed: int,
    kinds: tuple[str, ...] = ("hopfield", "gapless"),
    sizes: tuple[int, ...] = (30, 300),
    temperatures: tuple[float, ...] = (0.5, 0.7, 1.0, 1.5, 2.0, 4.0, 10.0),
    penalties: tuple[float, ...] = (0.0001, 0.001, 0.01, 0.1, 0.3),
    replicates: int = 6,
) -> pd.DataFrame:
    """Tabulate the held-out losses of students of an exactly solved teacher, which is the truth.

    All students of a replicate see the same sequences, which are drawn from the teacher. Losses are exact, over all
    sequences, and less those of the teacher itself.

    Parameters
    ----------
    seed : int
        Random seed of teachers and sequences.
    kinds : tuple of str
        Kinds of teachers.
    sizes : tuple of int
        Sequences that students learn from.
    temperatures : tuple of float
        Temperatures T of soft labels.
    penalties : tuple of float
        L2 penalties on all parameters of a student.
    replicates : int
        Draws of each size.

    Returns
    -------
    pandas.DataFrame
        One row a student: family (teacher), student, M, replicate, labels (soft or hard), temperature (1 if hard), l2,
        conditional (KL of site conditionals, nats a site) and joint (KL(P || Q), nats a sequence).
    """
    rows = []
    for kind in kinds:
        teacher = draw_teacher(kind, seed)
        logits = conditional_logits(teacher, LENGTH, Q)
        for size, replicate in product(sizes, range(1, replicates + 1)):
            rng = np.random.default_rng(derive_seed(seed, kind, "distillation", str(size), str(replicate)))
            sequences = draw_sequences(teacher, LENGTH, Q, size, rng)
            soft_logits = logits[find_positions(sequences, Q)]
            labels = [("soft", tau, softmax(soft_logits / tau, axis=2)) for tau in temperatures]
            labels.append(("hard", 1.0, np.eye(Q)[sequences]))
            for (student, pairs), (name, tau, targets), l2 in product(_students(teacher).items(), labels, penalties):
                model = learn(sequences, targets, tau, pairs, l2)
                conditional, joint = measure(model, teacher)
                rows.append(
                    {"family": kind, "student": student, "M": size, "replicate": replicate, "labels": name,
                     "temperature": tau, "l2": l2, "conditional": conditional, "joint": joint}
                )  # fmt: skip
    return pd.DataFrame(rows)


def draw_teacher(kind: str, seed: int) -> np.ndarray:
    """Draw the energies of a teacher of six sites and four states.

    Parameters
    ----------
    kind : str
        hopfield (two patterns 6 nats deep) or gapless (fields and couplings of standard deviation 0.5).
    seed : int
        Random seed of the whole run.

    Returns
    -------
    np.ndarray
        (4096,) of every sequence, nats.
    """
    rng = np.random.default_rng(derive_seed(seed, kind, "teacher"))
    return KINDS[kind](LENGTH, Q, rng, **_SHAPES[kind])


def _students(teacher: np.ndarray) -> dict[str, np.ndarray]:
    """List the pairs of sites (L, L) bool that each student couples; the sparse one those that interact most."""
    couplings = _interactions(teacher)
    first, second = np.triu_indices(LENGTH, 1)
    strongest = np.argsort(-couplings[first, second], kind="stable")[:_SPARSE_PAIRS]
    sparse = np.zeros((LENGTH, LENGTH), bool)
    sparse[first[strongest], second[strongest]] = True
    every = ~np.eye(LENGTH, dtype=bool)
    return {"profile": np.zeros_like(every), "sparse": sparse | sparse.T, "pairwise": every}


def _interactions(energies: np.ndarray) -> np.ndarray:
    """Compute the size (L, L) of the part of the energies that depends on each pair of sites and on no single one."""
    grid = energies.reshape((Q,) * LENGTH) - energies.mean()
    sizes = np.zeros((LENGTH, LENGTH))
    for i, j in combinations(range(LENGTH), 2):
        pair = grid.mean(axis=tuple(k for k in range(LENGTH) if k not in (i, j)))
        pair = pair - pair.mean(axis=0) - pair.mean(axis=1, keepdims=True)
        sizes[i, j] = sizes[j, i] = np.linalg.norm(pair)
    return sizes


def learn(sequences: np.ndarray, targets: np.ndarray, temperature: float, pairs: np.ndarray, l2: float) -> Potts:
    """Fit a student's site conditionals at a temperature to labels of every site of every sequence.

    Parameters
    ----------
    sequences : np.ndarray
        (M, L) uint8, which sites depend on.
    targets : np.ndarray
        (M, L, q) probabilities of each site's states: a teacher's, at this temperature, or one-hot sequences.
    temperature : float
        T, by which the student's logits are divided.
    pairs : np.ndarray
        (L, L) bool, symmetric: pairs of sites with couplings.
    l2 : float
        Penalty l2 / 2 (sum h^2 + sum_{i<j} J^2), beside the cross-entropy of all sites times T^2.

    Returns
    -------
    Potts
        Student at temperature 1.
    """
    count, length, q = targets.shape
    onehot = np.eye(q)[sequences].reshape(count, -1)
    mask = np.repeat(np.repeat(pairs, q, axis=0), q, axis=1)

    def _unpack(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        fields, matrix = parameters[: length * q], parameters[length * q :].reshape(mask.shape) * mask
        return fields, (matrix + matrix.T) / 2

    def _loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        fields, couplings = _unpack(parameters)
        logs = log_softmax((onehot @ couplings + fields).reshape(targets.shape) / temperature, axis=2)
        value = -(temperature**2) * float((targets * logs).sum()) / count
        value += l2 / 2 * float((fields**2).sum() + (couplings**2).sum() / 2)
        residual = (temperature / count * (np.exp(logs) - targets)).reshape(count, -1)
        slope = onehot.T @ residual + l2 / 2 * couplings
        return value, np.concatenate([residual.sum(axis=0) + l2 * fields, ((slope + slope.T) / 2 * mask).ravel()])

    start = np.zeros(length * q + mask.size)
    options = {"maxiter": 500, "ftol": 1e-10, "gtol": 1e-6}
    fields, couplings = _unpack(minimize(_loss, start, jac=True, method="L-BFGS-B", options=options).x)
    return Potts(fields.reshape(length, q), couplings.reshape(length, q, length, q))


def measure(student: Potts, teacher: np.ndarray) -> tuple[float, float]:
    """Compute how much likelihood a student lacks on what its teacher generates, exactly.

    Parameters
    ----------
    student : Potts
        Student at temperature 1.
    teacher : np.ndarray
        (q^L,) energies of every sequence, nats.

    Returns
    -------
    conditional, joint : float
        Mean Kullback-Leibler divergence of the student's site conditionals from the teacher's, nats a site; that of its
        distribution of sequences, nats.
    """
    sequences = all_sequences(student.L, student.q)
    own = negative_log_likelihood(conditional_logits(teacher, student.L, student.q), sequences, 1.0)
    losses = negative_log_likelihood(site_logits(student, sequences), sequences, 1.0)
    conditional = float(boltzmann(teacher) @ (losses - own).mean(axis=1))
    return conditional, forward_divergence(teacher, energies_of_all(student), 1.0)


def choose_penalties(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Select each student's rows of the penalty that is best on average over replicates.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `distillation`.
    column : str
        conditional or joint, which is to be least.

    Returns
    -------
    pandas.DataFrame
        Rows of the table.
    """
    keys = ["family", "student", "M", "labels", "temperature"]
    means = table.groupby([*keys, "l2"], as_index=False)[column].mean()
    best = means.loc[means.groupby(keys)[column].idxmin(), [*keys, "l2"]]
    return table.merge(best, on=[*keys, "l2"])


def compare_temperatures(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Compute what labels of each kind and temperature change, against soft labels at 1 of the same sequences.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `distillation`, with soft labels at temperature 1 among others.
    column : str
        conditional or joint; each student has its best penalty.

    Returns
    -------
    pandas.DataFrame
        One row a teacher, student, size and kind of labels: family, student, M, labels, temperature, mean (of the
        column), change (mean of the differences) and half_width of its 95 % interval, nats.
    """
    best = choose_penalties(table, column)
    keys = ["family", "student", "M"]
    at_one = best[(best["labels"] == "soft") & (best["temperature"] == 1)][[*keys, "replicate", column]]
    both = best.merge(at_one, on=[*keys, "replicate"], suffixes=("", "_at_one"))
    both["change"] = both[column] - both[f"{column}_at_one"]
    groups = both.groupby([*keys, "labels", "temperature"], sort=False)
    summary = groups.agg(mean=(column, "mean"), change=("change", "mean"), half_width=("change", "sem"))
    factor = interval_factor(both["replicate"].nunique())
    return summary.assign(half_width=factor * summary["half_width"]).reset_index()
