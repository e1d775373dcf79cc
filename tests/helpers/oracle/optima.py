"""Temperatures of one model: tau_f and tau_train, found twice, tau_cal, and the gain over independent sites."""

import math
from functools import cached_property

import numpy as np

from oracle.sequences import correlate, correlate_pairs, count_effective, count_frequencies
from oracle.statistics import DRAWS, draw_cluster_means, draw_ladders, jackknife, widen_tail
from oracle.temperatures import EnergyCurve, Mbar, reweigh_neighbours

# Inverse temperatures among which that of the least calibration error is, and bins of confidence.
BETAS, BINS = np.geomspace(0.02, 50, 81), 15


class Optima:
    """Temperatures of a model at which samples have a given mean energy, with draws of a bootstrap."""

    def __init__(self, subset, seed=1):
        self.subset, self.rng = subset, np.random.default_rng(seed)
        self.rungs, self.ladders, _ = subset.energies.shape
        self.length = subset.sequences.shape[-1]

    @cached_property
    def mbar(self):
        return self._solve(np.arange(self.ladders), None)

    @cached_property
    def without(self):
        """Averages with each ladder left out in turn."""
        ladders = np.arange(self.ladders)
        return [self._solve(ladders[ladders != ladder], self.mbar.free) for ladder in ladders]

    def _solve(self, ladders, start):
        energies = self.subset.energies[:, ladders].reshape(self.rungs, -1)
        return Mbar(self.subset.betas, energies, self.length, self.subset.family.q, start)

    @cached_property
    def curve(self):
        return EnergyCurve(self.mbar.mean_energy, self.subset.betas)

    @cached_property
    def neighbours_curve(self):
        return self._neighbours_curve(np.arange(self.ladders))

    def _neighbours_curve(self, ladders):
        energies = self.subset.energies[:, ladders]
        return EnergyCurve(lambda beta: reweigh_neighbours(self.subset.betas, energies, beta), self.subset.betas)

    @cached_property
    def heldout_energy(self):
        return np.average(self.subset.heldout_energies, weights=self.subset.family.heldout_weights)

    @cached_property
    def heldout_units(self):
        family = self.subset.family
        return count_effective(family.heldout_clusters, family.heldout_weights)

    @cached_property
    def independent(self):
        """ln P of held-out sequences by one-site frequencies of the training set, a pseudocount of one in.

        They are raised to the power, and normalised, at which held-out sequences are likeliest.
        """
        subset, family = self.subset, self.subset.family
        total, frequencies = sum(subset.weights), count_frequencies(subset.training, family.q, subset.weights)
        chances = (total * frequencies + 1 / family.q) / (total + 1)

        def slope(beta):
            """Differentiate the weighted mean ln P of held-out sequences by beta."""
            powers = chances**beta
            means = (powers * np.log(chances)).sum(axis=1) / powers.sum(axis=1)
            slopes = [
                sum(math.log(chances[i, a]) - means[i] for i, a in enumerate(sequence)) for sequence in family.heldout
            ]
            return np.average(slopes, weights=family.heldout_weights)

        low, high = 0.0, 20.0
        while high - low > 1e-9:
            middle = (low + high) / 2
            low, high = (middle, high) if slope(middle) > 0 else (low, middle)
        powers = chances**low
        logs = np.log(powers / powers.sum(axis=1, keepdims=True))
        return np.array([sum(logs[i, a] for i, a in enumerate(sequence)) for sequence in family.heldout])

    @cached_property
    def heldout_draws(self):
        """Mean energies and mean ln P by independent sites of resampled clusters of held-out sequences."""
        family = self.subset.family
        values = np.column_stack([self.subset.heldout_energies, self.independent])
        return draw_cluster_means(values, family.heldout_weights, family.heldout_clusters, self.rng)

    def draw_temperatures(self, target, targets):
        """Draw the temperature of a mean energy: `targets` of resampled sequences, and ladders resampled.

        Ladders move the curve, at the temperature itself, by the influence that leaving them out shows.
        """
        temperature = self.curve.find_temperature(target)
        beta = 1 / temperature if 0 < temperature < math.inf else self.subset.betas[-1]
        left_out = np.array([other.mean_energy(beta) for other in self.without])
        influence = (self.ladders - 1) * (left_out.mean() - left_out)
        moves = draw_ladders(self.ladders, self.rng, len(targets)) @ influence
        return self.curve.find_temperatures(targets - moves)

    def recompute(self, name):
        """Recompute an optimum: value, root by neighbours, draws, tail of its interval, agreement, shared error."""
        target = {"tau_f": self.heldout_energy, "tau_train": self.subset.training_energy}[name]
        targets = self.heldout_draws[:, 0] if name == "tau_f" else np.full(DRAWS, target)
        value, root = self.curve.find_temperature(target), self.neighbours_curve.find_temperature(target)
        differences = []
        for ladder, other in enumerate(self.without):
            curve = self._neighbours_curve(np.delete(np.arange(self.ladders), ladder))
            minimum = EnergyCurve(other.mean_energy, self.subset.betas).find_temperature(target)
            differences.append(math.log(minimum / curve.find_temperature(target)))
        difference = math.log(value / root)
        units = min(self.ladders, self.heldout_units) if name == "tau_f" else self.ladders
        shared = np.log(self.neighbours_curve.find_temperatures(targets)).std() if name == "tau_f" else 0.0
        return {
            "value": value, "root": root, "draws": self.draw_temperatures(target, targets), "tail": widen_tail(units),
            "agree": abs(difference) < max(2.58 * jackknife(differences), 0.005), "shared": shared,
        }  # fmt: skip

    def recompute_gain(self):
        """Recompute the held-out log-likelihood over independent sites at tau_f, nats a site: value, draws and tail."""
        beta = 1 / self.curve.find_temperature(self.heldout_energy)
        independent = np.average(self.independent, weights=self.subset.family.heldout_weights)
        value = (-beta * self.heldout_energy - self.mbar.log_z(beta) - independent) / self.length
        left_out = np.array([other.log_z(beta) for other in self.without])
        influence = (self.ladders - 1) * (left_out.mean() - left_out)
        log_z = self.mbar.log_z(beta) + draw_ladders(self.ladders, self.rng) @ influence
        draws = (-beta * self.heldout_draws[:, 0] - log_z - self.heldout_draws[:, 1]) / self.length
        return {"value": value, "draws": draws, "tail": widen_tail(min(self.ladders, self.heldout_units))}


class Calibration:
    """How well the model's site conditionals fit held-out sequences, their logits scaled by an inverse temperature."""

    def __init__(self, subset, seed=2):
        self.subset, self.rng = subset, np.random.default_rng(seed)
        fields, couplings = (array.astype(float) for array in subset.model)
        self.logits = []
        for sequence in subset.family.heldout:
            rows = []
            for i in range(len(sequence)):
                terms = [couplings[i, :, j, sequence[j]] for j in range(len(sequence)) if j != i]
                rows.append(fields[i] + sum(terms))
            self.logits.append(rows)
        self.logits = np.array(self.logits)

    def slopes(self, beta):
        """Differentiate - sum_i ln p(s_i | others) of each held-out sequence by beta."""
        slopes = []
        for sequence, logits in zip(self.subset.family.heldout, self.logits, strict=True):
            total = 0.0
            for state, row in zip(sequence, logits, strict=True):
                chances = np.exp(beta * (row - row.max()))
                total += (chances * row).sum() / chances.sum() - row[state]
            slopes.append(total)
        return np.array(slopes)

    @cached_property
    def temperature(self):
        """Bisect for the temperature of the greatest pseudo-likelihood of held-out sequences."""
        low, high = math.log(BETAS[0]), math.log(BETAS[-1])
        while high - low > 1e-9:
            middle = (low + high) / 2
            if self.slopes(math.exp(middle)) @ self.subset.family.heldout_weights < 0:
                low = middle
            else:
                high = middle
        return math.exp(-(low + high) / 2)

    def draw_temperatures(self):
        """Draw the temperature by resampled clusters, from the slopes at 61 inverse temperatures about the best."""
        family = self.subset.family
        logs = -math.log(self.temperature) + np.linspace(-0.6, 0.6, 61)
        values = np.column_stack([self.slopes(math.exp(log)) for log in logs])
        means = draw_cluster_means(values, family.heldout_weights, family.heldout_clusters, self.rng)
        return np.array([math.exp(-np.interp(0.0, row, logs)) for row in means])

    def error(self, beta):
        """Compute the expected calibration error: |accuracy - confidence| of the likeliest state, by confidence."""
        sums = np.zeros((BINS, 3))
        weights = self.subset.family.heldout_weights
        for sequence, logits, weight in zip(self.subset.family.heldout, self.logits, weights, strict=True):
            for state, row in zip(sequence, logits, strict=True):
                confidence = 1 / np.exp(beta * (row - row.max())).sum()
                bin_number = min(int(confidence * BINS), BINS - 1)
                sums[bin_number] += weight * np.array([1, confidence, row.argmax() == state])
        return sum(abs(confidence - correct) for _, confidence, correct in sums) / sums[:, 0].sum()

    def least_error_temperature(self):
        return 1 / min(BETAS, key=self.error)


def sample_correlations(subset, chains):
    """Estimate how the connected correlations of so many samples at temperature 1 agree with the training data's.

    Pearson's correlation, corrected for the sampling noise of the saved samples, whose number differs; and the slope;
    each with its jackknife error over ladders.
    """
    family, index = subset.family, int(np.abs(subset.temperatures - 1).argmin())
    reference = correlate_pairs(subset.training, family.q, subset.weights)
    ladders = np.arange(subset.sequences.shape[1])

    def _measure(ladder_numbers):
        flat = subset.sequences[index][ladder_numbers].reshape(-1, subset.sequences.shape[-1])
        correlations = correlate_pairs(flat, family.q)
        pearson, slope = correlate(reference, correlations)
        single, noise = count_frequencies(flat, family.q), []
        for i in range(len(single)):
            for j in range(i):
                noise.append(np.outer(single[i] * (1 - single[i]), single[j] * (1 - single[j])))
        excess = np.mean(noise) * (1 / len(flat) - 1 / chains)
        return pearson * math.sqrt(correlations.var() / (correlations.var() - excess)), slope

    left_out = np.array([_measure(ladders[ladders != ladder]) for ladder in ladders])
    return _measure(ladders), tuple(jackknife(column) for column in left_out.T)


def draw_ceilings(subset, chains, repeats=12, seed=3):
    """Draw so many training sequences by weight, and correlate their connected correlations with the data's."""
    rng, q = np.random.default_rng(seed), subset.family.q
    reference = correlate_pairs(subset.training, q, subset.weights)
    shares = subset.weights / subset.weights.sum()
    values = []
    for _ in range(repeats):
        chosen = rng.choice(len(shares), chains, p=shares)
        values.append(correlate(reference, correlate_pairs(subset.training[chosen], q))[0])
    return np.array(values)
