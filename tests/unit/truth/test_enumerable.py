"""Two levels and the Ising model: against counts of their states and closed forms of their partition functions."""

import numpy as np
import pytest
from scipy.special import logsumexp

from temperance.core.settings.truths import read_truth
from temperance.potts import enumeration
from temperance.potts.frequencies import frequencies
from temperance.truth import enumerable

# States of the periodic 4 x 4 lattice at each energy below 0, in units of the coupling; as many are above.
STATES_OF_LEVELS = {-32: 2, -24: 32, -20: 64, -16: 424, -12: 1728, -8: 6688, -4: 13568, 0: 20524}


def test_two_levels_have_the_partition_function_of_their_counts():
    settings = read_truth({"kind": "two_level", "ground_states": 30, "gap": 4.0, "sequences": 5000})
    drawn = enumerable.draw(settings, "0123456789", seed=2)
    assert drawn.diagnostics["log_z"] == pytest.approx(np.log(30 + 70 * np.exp(-4)))
    ground = drawn.arrays["energies"] == 0
    assert ground.sum() == 30
    assert not ground[:30].all()
    share = ground[enumeration.find_positions(drawn.sequences, 10)].mean()
    expected = 30 / (30 + 70 * np.exp(-4))
    assert share == pytest.approx(expected, abs=4 * (expected * (1 - expected) / 5000) ** 0.5)


def test_the_periodic_lattice_has_its_levels():
    energies = enumerable.ising(4, 4, temperature=2.0) * 2.0
    levels = dict(zip(*np.unique(energies.round(6), return_counts=True), strict=True))
    assert levels == STATES_OF_LEVELS | {-level: count for level, count in STATES_OF_LEVELS.items()}


@pytest.mark.parametrize(
    ("rows", "columns", "periodic", "partition_function"),
    [
        # Chains, by transfer matrices; a periodic lattice with two columns has each rung once.
        (1, 5, False, lambda k: 2 * (2 * np.cosh(k)) ** 4),
        (6, 1, False, lambda k: 2 * (2 * np.cosh(k)) ** 5),
        (1, 5, True, lambda k: (2 * np.cosh(k)) ** 5 + (2 * np.sinh(k)) ** 5),
        (2, 2, True, lambda k: (2 * np.cosh(k)) ** 4 + (2 * np.sinh(k)) ** 4),
        (2, 3, False, lambda k: _ladder(k, 3)),
        (3, 2, False, lambda k: _ladder(k, 3)),
        (5, 3, True, lambda k: _kaufman(k, 5, 3)),
        (3, 4, True, lambda k: _kaufman(k, 3, 4)),
    ],
)
@pytest.mark.parametrize("temperature", [0.9, 2.3])
def test_lattices_have_the_partition_functions_of_closed_forms(
    rows, columns, periodic, partition_function, temperature
):
    energies = enumerable.ising(rows, columns, periodic=periodic, temperature=temperature)
    assert len(energies) == 2 ** (rows * columns)
    assert logsumexp(-energies) == pytest.approx(np.log(partition_function(1 / temperature)), rel=1e-9)


def test_a_model_without_fields_represents_the_lattice():
    """With the truth's own frequencies the neighbours' couplings are s s / temperature, and all others zero."""
    energies = enumerable.ising(3, 3, periodic=False, temperature=2.0)
    exact = frequencies(enumeration.all_sequences(9, 2), 2, enumeration.boltzmann(energies))
    model = enumeration.fit_pairwise(exact, fields=False)
    row, column = np.divmod(np.arange(9), 3)
    distances = abs(row[:, None] - row) + abs(column[:, None] - column)
    np.testing.assert_allclose(model.couplings[:, 0, :, 0], 0.5 * (distances == 1), atol=1e-4)
    assert not model.fields.any()


def test_planted_sequences_and_those_near_them_are_a_gap_below_a_band():
    """Below are sequences of six sites that differ from one of two patterns in one site at most."""
    energies = enumerable.planted(6, 3, np.random.default_rng(5), patterns=2, radius=1, gap=50.0, width=0.3)
    patterns = np.random.default_rng(5).integers(0, 3, (2, 6), dtype=np.uint8)
    differing = (enumeration.all_sequences(6, 3)[:, None] != patterns).sum(axis=2).min(axis=1)
    np.testing.assert_array_equal(energies < -25, differing <= 1)
    # Of 729 energies the standard deviation is known to 0.008, the mean to 0.011.
    band = energies + 50 * (differing <= 1)
    assert band.std() == pytest.approx(0.3, abs=0.03) and band.mean() == pytest.approx(0, abs=0.05)


def test_fields_and_couplings_without_a_gap_are_as_wide_as_each_other():
    """Of a pair of 30 states, couplings less their means over each state have (29 / 30)^2 of their variance."""
    table = enumerable.gapless(2, 30, np.random.default_rng(0), width=0.5).reshape(30, 30)
    centred = table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()
    # 841 free numbers know their spread to 2.4 %.
    assert centred.std() == pytest.approx(0.5 * 29 / 30, rel=0.1)
    assert table.mean(axis=1).std() == pytest.approx(0.5, rel=0.4)


def test_a_ferromagnet_in_random_fields_is_at_the_highest_peak_of_its_heat_capacity():
    """This one has a second peak, of 0.44, where no more than its two lowest sequences are left."""
    energies = enumerable.critical(10, 2, np.random.default_rng(1), width=0.05)
    capacities = [enumeration.heat_capacity(energies, beta) for beta in np.geomspace(0.05, 20, 60)]
    assert enumeration.heat_capacity(energies) >= max(capacities) > 5
    assert enumeration.heat_capacity(energies, 8.14) == pytest.approx(0.44, abs=0.01)


def _ladder(k, length):
    """Open ladder of two spins a rung, by its transfer matrix: rungs couple with k, and so do rails."""
    states = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
    rung = np.exp(k * states[:, 0] * states[:, 1])
    transfer = np.exp(k * states @ states.T) * rung
    return rung @ np.linalg.matrix_power(transfer, length - 1) @ np.ones(4)


def _kaufman(k, rows, columns):
    """Torus, by Kaufman's sum of four products (Phys. Rev. 76:1232, 1949)."""
    gamma = np.arccosh(np.cosh(2 * k) / np.tanh(2 * k) - np.cos(np.pi * np.arange(2 * rows) / rows))
    gamma[0] = 2 * k + np.log(np.tanh(k))
    products = [(2 * f(columns * gamma[start::2] / 2)).prod() for start in (0, 1) for f in (np.cosh, np.sinh)]
    return 0.5 * (2 * np.sinh(2 * k)) ** (rows * columns / 2) * sum(products)
