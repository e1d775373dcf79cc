"""The sector truth: its exact numbers against the enumeration of its parts, and its draws against these numbers."""

from math import comb, exp, log

import numpy as np
import pytest

from temperance.core.files import save_arrays
from temperance.core.settings.truths import read_truth
from temperance.potts.enumeration import all_sequences
from temperance.truth import load_truth, sector

CASES = [(1, 0.2), (2, 1.0), (3, 0.4), (3, 1.0)]


@pytest.fixture(scope="module")
def distances():
    """Mutations of all 5^7 sectors, counted state by state."""
    return 7 - (all_sequences(7, 5)[:, :, None] == np.arange(5)).sum(axis=1).max(axis=1)


def test_sectors_of_few_mutations_have_one_nearest_pattern(distances):
    counts = np.bincount(distances)[:4]
    assert counts.tolist() == [5, 140, 1680, 11200] == [5 * comb(7, x) * 4**x for x in range(4)]
    assert [sector.functional_share_of_random(m) for m in (1, 2, 3)] == pytest.approx(
        [145 / 78125, 1825 / 78125, 13025 / 78125]
    )


@pytest.mark.parametrize(("mutations", "temperature"), CASES)
def test_exact_numbers_are_those_of_the_enumerated_parts(distances, mutations, temperature):
    levels = np.where(distances <= mutations, distances / temperature, np.inf)
    weights = np.exp(-levels)
    p = weights / weights.sum()
    pair = np.full((5, 5), 1.0) + np.eye(5) * (exp(1) - 1)
    same = 5 * exp(1) / pair.sum()
    possible = distances <= mutations
    mean_level = (p[possible] * levels[possible]).sum()
    variance = (p[possible] * levels[possible] ** 2).sum() - mean_level**2 + 5 * same * (1 - same)
    exact = sector.describe(mutations, temperature)
    assert exact["log_z"] == pytest.approx(log(weights.sum()) + 18 * log(5) + 5 * log(pair.sum()))
    assert exact["mean_energy"] == pytest.approx(mean_level - 5 * same)
    assert exact["heat_capacity"] == pytest.approx(variance)
    pair_entropy = -(pair / pair.sum() * np.log(pair / pair.sum())).sum()
    sector_entropy = -(p[possible] * np.log(p[possible])).sum()
    assert exact["entropy"] == pytest.approx(18 * log(5) + 5 * pair_entropy + sector_entropy)


def test_energies_count_pairs_and_mutations_and_forbid_the_rest():
    sequences = np.tile(np.arange(35) % 5, (4, 1)).astype(np.uint8)
    sequences[:, 28:] = 2
    sequences[1:, 30] = 4
    sequences[2:, [28, 34]] = 0
    sequences[3, 29] = 1
    sequences[3, 1] = sequences[3, 0]
    sequences[0, 1:10:2] = sequences[0, 0:10:2]
    assert sector.energies(sequences, 3, 0.5).tolist() == [-5, 2, 6, np.inf]
    assert sector.energies(sequences, 1, 0.5).tolist() == [-5, 2, np.inf, np.inf]


def test_draws_have_the_truth_that_their_file_knows_again(tmp_path):
    count, mutations, temperature = 40_000, 3, 0.8
    settings = read_truth({"kind": "sector", "temperature": temperature, "sequences": count})
    drawn = sector.draw(settings, "ABCDE", seed=4)
    assert drawn.sequences.shape == (count, 35)
    assert drawn.sequences.max() == 4
    save_arrays(tmp_path / "truth.safetensors", drawn.arrays, drawn.metadata)
    truth = load_truth(tmp_path / "truth.safetensors")
    exact = sector.describe(mutations, temperature)
    assert truth.forbids
    assert truth.log_z == (exact["log_z"], 0)
    energies = truth.energies(drawn.sequences)
    assert energies.mean() == pytest.approx(exact["mean_energy"], abs=4 * (exact["heat_capacity"] / count) ** 0.5)
    assert energies.var() == pytest.approx(exact["heat_capacity"], rel=0.05)
    frequencies = np.array([(drawn.sequences == state).mean(axis=0) for state in range(5)])
    assert np.abs(frequencies - 0.2).max() < 5 * (0.16 / count) ** 0.5
    sectors = drawn.sequences[:, 28:]
    numbers = np.bincount(sector.count_mutations(drawn.sequences), minlength=4) / count
    expected = np.array([comb(7, x) * 4**x * exp(-x / temperature) for x in range(4)])
    expected /= expected.sum()
    assert np.abs(numbers - expected).max() < 5 * (0.25 / count) ** 0.5
    # Which sites are mutated, and to what, is left to chance.
    pattern = np.array([np.bincount(row, minlength=5).argmax() for row in sectors])
    mutated = sectors != pattern[:, None]
    assert np.ptp(mutated.mean(axis=0)) < 6 * (0.25 / count) ** 0.5
    shifts = np.bincount(((sectors - pattern[:, None]) % 5)[mutated], minlength=5) / mutated.sum()
    assert np.abs(shifts[1:] - 0.25).max() < 6 * (0.25 / mutated.sum()) ** 0.5
    # Parts are independent of each other.
    same = (drawn.sequences[:, 0:10:2] == drawn.sequences[:, 1:10:2]).sum(axis=1)
    assert abs(np.corrcoef(same, mutated.sum(axis=1))[0, 1]) < 5 / count**0.5
