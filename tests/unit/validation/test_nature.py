"""Quality at tau_train by how models were obtained: weights, pseudocount, early stopping, other kinds of model."""

import numpy as np
import pytest

from temperance.core.seeds import derive_seed
from temperance.engines.registry import choose_engine
from temperance.potts.enumeration import boltzmann
from temperance.potts.exact_optima import matching_temperature
from temperance.report.figures_of_law import share_missing
from temperance.truth.enumerable import KINDS
from temperance.validation.law import ExponentialFamily
from temperance.validation.law_systems import PAIRWISE
from temperance.validation.nature_fits import ascend, tabulate_fits, tabulate_lattice


@pytest.fixture(scope="module")
def table():
    return tabulate_fits(1, replicates=3)


@pytest.fixture(scope="module")
def shares(table):
    return share_missing(table).set_index(["fit", "family"])


def test_each_system_with_fields_has_every_fit(table):
    assert set(table["family"]) == {"hopfield", "gapless", "critical", "random field"}
    assert table.groupby(["family", "fit", "point"]).size().eq(3).all()
    training = table[table["fit"] == "pseudocount"].groupby(["family", "replicate"])["training_energy"].first()
    assert training.nunique() == 12


def test_a_pseudocount_mixes_random_sequences_into_samples_at_one(table, shares):
    """Exactly its share of the way from the training sequences to all sequences; at tau_train nothing of it is left."""
    for family, rows in table[(table["fit"] == "pseudocount") & (table["point"] == "one")].groupby("family"):
        truth = PAIRWISE[family](np.random.default_rng(derive_seed(1, family, "truth"))).truth
        mixed = 0.8 * rows["training_energy"] + 0.2 * truth.mean()
        np.testing.assert_allclose(rows["true_energy"], mixed, rtol=1e-5)
    assert shares.loc["pseudocount", "share"].abs().max() < 0.05


def test_tau_train_of_weighted_sequences_needs_their_weights(shares):
    for family in ("hopfield", "critical", "random field"):
        weighted, unweighted = shares.loc[("weights", family)], shares.loc[("weights, mean without", family)]
        assert unweighted["one"] == weighted["one"] > 0.05
        assert abs(weighted["tau_train"]) < 0.3 * weighted["one"]
        assert abs(unweighted["tau_train"]) > 2 * weighted["one"]


def test_tau_train_undoes_what_shrinks_all_parameters_alike(shares):
    """Models that stopped early from independent sites have their fields already: where these matter it does not."""
    for gain in ("50", "90", "99"):
        assert abs(shares.loc[(f"stopped at {gain} %", "critical"), "share"]) < 0.15
        assert 0.2 < shares.loc[(f"stopped at {gain} %", "random field"), "share"] < 0.5
    at_one = shares["one"].unstack()
    falls = at_one.loc[["stopped at 50 %", "stopped at 90 %", "stopped at 99 %"]]
    assert (falls.diff().dropna() < 0).all(axis=None)


def test_a_profile_has_tau_train_one_and_lacks_what_couplings_hold(shares):
    profile = shares.loc["profile"]
    np.testing.assert_allclose(profile["temperature"], 1, atol=0.003)
    np.testing.assert_allclose(profile["share"], 1, atol=0.02)


@pytest.mark.parametrize("fit", ["pseudolikelihood", "autoregressive"])
def test_models_learnt_site_by_site_are_as_good_as_nature_there(shares, fit):
    for family in ("hopfield", "critical", "random field"):
        assert shares.loc[(fit, family), "temperature"] < 0.96
        assert abs(shares.loc[(fit, family), "share"]) < 0.06


def test_what_is_left_is_the_product_of_two_errors():
    """Of the parameters' direction and of the features' means, whatever the model: here one of 30 % pseudocount."""
    truth, rng = KINDS["gapless"](6, 2, np.random.default_rng(1), width=0.5), np.random.default_rng(2)
    family = ExponentialFamily.pairwise(6, 2)
    shares = rng.multinomial(2000, boltzmann(truth)) / 2000
    parameters = family.fit(0.7 * shares @ family.features, family.penalties(0.02))
    energies = -family.features @ parameters
    tau = matching_temperature(energies, float(shares @ energies))
    samples = boltzmann(energies, 1 / tau)
    means = (samples - shares) @ family.features
    assert abs(parameters @ means) < 1e-8
    for scale in (0.0, 1.0, 1.5):
        left = (scale * parameters - family.parameters(truth)) @ means
        assert (samples - shares) @ truth == pytest.approx(left, abs=1e-8)


def test_ascent_stops_at_its_share_of_the_gain():
    rng = np.random.default_rng(0)
    truth, family = KINDS["hopfield"](6, 2, rng), ExponentialFamily.pairwise(6, 2)
    moments = rng.multinomial(500, boltzmann(truth)) / 500 @ family.features
    half, most = ascend(family, moments, (0.5, 0.95))
    penalties = family.penalties(0.003)
    best = family.objective(family.fit(moments, penalties), moments, penalties)
    start = np.where(family.is_coupling, 0, np.arctanh(np.where(family.is_coupling, 0, moments)))
    gained = [
        (family.objective(stop, moments, penalties) - family.objective(start, moments, penalties))
        / (best - family.objective(start, moments, penalties))
        for stop in (half, most)
    ]
    assert 0.5 <= gained[0] < 0.6 and 0.95 <= gained[1] < 0.96


def test_samples_of_lattice_proteins_fold_at_tau_train_as_their_family_does():
    """Few folds and sequences, and models that learn in seconds: a profile lacks what pairs have."""
    table = tabulate_lattice(1, choose_engine("numba"), 300, folds=2000, fits=("profile", "pseudolikelihood"))
    assert (table["training_energy"] < -0.95).all() and (table["family"] == "lattice").all()
    rows = share_missing(table).set_index("fit")
    assert rows.loc["profile", "temperature"] == pytest.approx(1, abs=0.05)
    assert rows.loc["profile", "share"] > 0.85 and rows.loc["profile", "one"] > 0.15
    assert 0.4 < rows.loc["pseudolikelihood", "temperature"] < 0.95
    assert rows.loc["pseudolikelihood", "one"] > 0.2 and abs(rows.loc["pseudolikelihood", "share"]) < 0.3
