"""The known answers of the 3 x 3 x 3 lattice."""

import io

import numpy as np
import pandas as pd
import pytest

from temperance.core.errors import InputError
from temperance.sampling.diagnostics import split_rhat
from temperance.truth.lattice import SYMBOLS, contact_energies, ensemble, fold_probabilities, main, sample_family
from temperance.truth.lattice_folds import PAIRS, all_folds, find_partner_sets


@pytest.fixture(scope="module")
def folds():
    return all_folds()


def slow_p_nat(sequence, contacts):
    table = contact_energies()
    energies = np.array([sum(table[sequence[i], sequence[j]] for i, j in PAIRS[fold]) for fold in contacts])
    return 1 / np.exp(energies[0] - energies).sum()


def test_there_are_156_pairs_and_103346_folds_of_28_contacts_all_distinct(folds):
    assert len(PAIRS) == 156
    assert folds.shape == (103_346, 28)
    assert len(np.unique(folds, axis=0)) == 103_346
    assert (np.diff(folds.astype(int), axis=1) > 0).all()
    assert folds.max() < 156


def test_each_residue_touches_at_most_five_others_and_pairs_are_odd_steps_apart(folds):
    apart = PAIRS[:, 1] - PAIRS[:, 0]
    assert ((apart % 2 == 1) & (apart >= 3)).all()
    touching = np.zeros((500, 27), int)
    for contact in folds[:: len(folds) // 500][:500].T:
        np.add.at(touching, (np.arange(500), PAIRS[contact, 0]), 1)
        np.add.at(touching, (np.arange(500), PAIRS[contact, 1]), 1)
    assert touching.max() <= 5
    assert (touching.sum(axis=1) == 56).all()


def test_miyazawa_jernigan_energies():
    table = contact_energies()
    at = {symbol: SYMBOLS.index(symbol) for symbol in SYMBOLS}
    np.testing.assert_array_equal(table, table.T)
    assert table[at["C"], at["C"]] == np.float32(-5.44)
    assert table[at["F"], at["L"]] == np.float32(-7.28)
    assert table[at["K"], at["K"]] == np.float32(-0.12)
    assert (table < 0).all()


def test_p_nat_equals_the_definition_and_depends_on_the_native_fold(folds):
    rng = np.random.default_rng(0)
    sequences = rng.integers(0, 20, (3, 27), dtype=np.uint8)
    some = ensemble(folds, 17, 300, rng)
    np.testing.assert_array_equal(some.contacts[0], folds[17])
    assert len(np.unique(some.contacts, axis=0)) == 300
    np.testing.assert_allclose(some.p_nat(sequences), [slow_p_nat(s, some.contacts) for s in sequences], rtol=1e-4)
    total = sum(ensemble(folds[:40], native, None, rng).p_nat(sequences) for native in range(40))
    np.testing.assert_allclose(total, 1, rtol=1e-4)


def test_sampling_follows_p_nat_to_the_gamma(folds):
    """The mean of ln p_nat at gamma against reweighted uniform sequences, on few folds."""
    rng = np.random.default_rng(3)
    few = ensemble(folds, 5, 4, rng)
    uniform = rng.integers(0, 20, (200_000, 27), dtype=np.uint8)
    logs = np.log(few.p_nat(uniform))
    weights = np.exp(0.7 * logs)
    expected = np.average(logs, weights=weights)
    samples = sample_family(few, 0.7, 6000, 1, chains=300, burn_in=40, spacing=10)
    error = samples.log_p_nat.mean(axis=1).std() / 300**0.5
    assert abs(samples.log_p_nat.mean() - expected) < 5 * error + 0.02
    np.testing.assert_allclose(
        samples.log_p_nat.ravel(), np.log(few.p_nat(samples.sequences.reshape(-1, 27))), atol=1e-3
    )


def test_a_selective_family_folds_and_is_equilibrated(folds):
    competing = ensemble(folds, 0, 1000, np.random.default_rng(0))
    samples = sample_family(competing, 1000, 800, 1, chains=80, burn_in=60, spacing=10)
    assert np.exp(samples.log_p_nat).mean() > 0.98
    assert split_rhat(samples.log_p_nat) < 1.1
    assert 0.05 < samples.acceptance < 0.9
    again = sample_family(competing, 1000, 800, 1, chains=80, burn_in=60, spacing=10)
    np.testing.assert_array_equal(samples.sequences, again.sequences)


def test_the_fold_that_sequences_share_is_recognised(folds, tmp_path, capsys):
    some = folds[:: len(folds) // 400]
    family = sample_family(ensemble(some, 11, None, np.random.default_rng(0)), 1000, 20, seed=2, chains=20, burn_in=20)
    sequences = family.sequences[:, 0]
    shares = fold_probabilities(sequences, some)
    assert shares.sum() == pytest.approx(1)
    assert shares.argmax() == 11
    assert shares[11] == pytest.approx(
        ensemble(some, 11, None, np.random.default_rng(0)).p_nat(sequences).mean(), rel=1e-4
    )


def test_published_like_sequences_are_judged_from_the_command_line(folds, tmp_path, capsys):
    family = sample_family(ensemble(folds, 17, 2000, np.random.default_rng(0)), 1000, 4, seed=2, chains=4, burn_in=30)
    rows = ["".join(np.array(list(SYMBOLS))[row]) for row in family.sequences[:, 0]]
    path = tmp_path / "lattice.fasta"
    path.write_text("".join(f">{number}\n{row}\n" for number, row in enumerate(rows)))
    main(str(path))
    out, err = capsys.readouterr()
    assert "native fold 17" in err
    table = pd.read_csv(io.StringIO(out), sep="\t")
    assert (table["p_nat_103346"] <= table["p_nat_10000"] + 1e-9).all()
    path.write_text(">a\nACD\n>b\nACD\n")
    with pytest.raises(InputError, match="3 columns; expected the 27 residues"):
        main(str(path))


def test_partner_sets_are_the_residues_that_touch_in_each_fold(folds):
    some = folds[::9_000]
    sets, set_of = find_partner_sets(some)
    for fold in range(len(some)):
        touching = np.zeros((27, 27))
        for i, j in PAIRS[some[fold]]:
            touching[i, j] = touching[j, i] = 1
        np.testing.assert_array_equal([sets[residue][set_of[residue, fold]] for residue in range(27)], touching)
    assert all(len(np.unique(members, axis=0)) == len(members) for members in sets)


def test_p_nat_of_sequences_whose_factors_leave_single_precision(folds):
    """Strong contacts everywhere, weak ones, and both: one and the other half of residues attract nothing."""
    leucine, lysine = SYMBOLS.index("L"), SYMBOLS.index("K")
    sequences = np.array([[leucine] * 27, [lysine] * 27, [leucine] * 13 + [lysine] * 14], np.uint8)
    some = ensemble(folds, 3, 200, np.random.default_rng(0))
    expected = [slow_p_nat(sequence, some.contacts) for sequence in sequences]
    np.testing.assert_allclose(some.p_nat(sequences), expected, rtol=1e-4)
    # Folds of one kind of residue are all alike.
    np.testing.assert_allclose(expected[:2], 1 / 200, rtol=1e-4)
