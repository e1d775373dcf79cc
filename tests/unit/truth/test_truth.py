"""Truths: what is drawn has the distribution that the file then knows again."""

from dataclasses import replace

import numpy as np
import pytest
from small_systems import all_states, boltzmann, random_potts

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.core.files import save_arrays
from temperance.core.settings.truths import LatticeTruth, TeacherTruth, read_truth
from temperance.engines.registry import choose_engine
from temperance.potts import enumeration
from temperance.sampling.diagnostics import effective_sample_size, split_rhat
from temperance.truth import enumerable, lattice, lattice_folds, load_truth, teacher


def save_and_load(samples, path):
    save_arrays(path, samples.arrays, samples.metadata)
    return load_truth(path)


@pytest.mark.parametrize(
    ("kind", "q"), [("planted", 3), ("hopfield", 2), ("random", 3), ("critical", 4), ("two_level", 3)]
)
def test_enumerable_truths_are_drawn_as_they_are_known(tmp_path, kind, q):
    settings = read_truth({"kind": kind, "length": 4, "q": q, "sequences": 20_000})
    samples = enumerable.draw(settings, "0123"[:q], seed=3)
    truth = save_and_load(samples, tmp_path / "truth.safetensors")
    listed = enumeration.all_sequences(4, q)
    np.testing.assert_allclose(truth.energies(listed), truth.all_energies)
    p = np.exp(-truth.energies(listed) - truth.log_z[0])
    assert p.sum() == pytest.approx(1)
    counts = np.bincount(enumeration.find_positions(samples.sequences, q), minlength=q**4)
    chi = ((counts - 20_000 * p) ** 2 / (20_000 * p))[p > 1e-3]
    assert chi.sum() < len(chi) + 5 * (2 * len(chi)) ** 0.5
    energies, natural = truth.all_energies, p @ truth.all_energies
    assert samples.diagnostics == pytest.approx(
        {
            "log_z": truth.log_z[0], "entropy": -(p * np.log(p)).sum(),
            "heat_capacity": p @ (energies - natural) ** 2, "mean_energy": natural,
            "mean_energy_of_random": energies.mean(), "gap": (energies.mean() - natural) / energies.std(),
        }
    )  # fmt: skip


def test_a_teacher_is_sampled_at_its_temperature_and_its_partition_function_known(tmp_path):
    model, letters = random_potts(5, 3, seed=2), alphabet("ABC")
    model.save(tmp_path / "model.safetensors", letters, {})
    settings = TeacherTruth(kind="teacher", teacher="x", temperature=1.4, sequences=4000, ladders=32)
    samples = teacher.draw(settings, tmp_path / "model.safetensors", "ABC", choose_engine("numba"), 1, lambda _: None)
    truth = save_and_load(samples, tmp_path / "truth.safetensors")
    states = all_states(5, 3)
    p = boltzmann(model, states, 1.4)
    log_z = np.log(np.exp(-model.energies(states) / 1.4).sum())
    assert abs(truth.log_z[0] - log_z) < 4 * truth.log_z[1]
    np.testing.assert_allclose(truth.energies(states), model.energies(states) / 1.4, rtol=1e-5)
    assert samples.diagnostics["rhat"] < 1.05
    assert samples.diagnostics["entropy"] == pytest.approx(-(p * np.log(p)).sum(), abs=0.15)
    counts = np.bincount(enumeration.find_positions(samples.sequences, 3), minlength=243) / 4000
    assert np.abs(counts - p).max() < 5 * (p.max() / samples.diagnostics["ess"]) ** 0.5
    with pytest.raises(InputError, match="the teacher's alphabet is ABC, not protein"):
        teacher.draw(settings, tmp_path / "model.safetensors", "protein", choose_engine("numba"), 1, lambda _: None)


def test_any_part_of_a_teacher_s_draws_is_of_all_ladders(tmp_path, monkeypatch):
    """Twenty draws each of sixteen ladders, marked by their ladder, which follow each other in time."""

    def mark(*arguments, **settings):
        samples = sample(*arguments, **settings)
        ladders = np.arange(16, dtype=np.uint8)[None, :, None, None]
        return replace(samples, sequences=np.broadcast_to(ladders, samples.sequences.shape))

    sample = teacher.sample
    monkeypatch.setattr(teacher, "sample", mark)
    random_potts(3, 2, seed=2).save(tmp_path / "model.safetensors", alphabet("AB"), {})
    settings = TeacherTruth(kind="teacher", teacher="x", temperature=2.0, sequences=320, ladders=16)
    drawn = teacher.draw(settings, tmp_path / "model.safetensors", "AB", choose_engine("numba"), 1, lambda _: None)
    ladders = drawn.sequences[:, 0]
    assert np.bincount(ladders).tolist() == [20] * 16
    # Of sixteen ladders about twelve are among twenty draws of all.
    assert all(len(np.unique(part)) > 6 for part in np.split(ladders, 16))


def test_lattice_energies_are_minus_gamma_ln_p_nat(tmp_path):
    folds = lattice_folds.all_folds()[:500]
    settings = LatticeTruth(
        kind="lattice", native=3, folds=100, gamma=50.0, sequences=160, chains=20, burn_in=5, spacing=1
    )
    samples = lattice.draw(settings, folds, seed=1, progress=None)
    truth = save_and_load(samples, tmp_path / "truth.safetensors")
    competing = lattice.Ensemble(samples.arrays["contacts"])
    np.testing.assert_allclose(np.exp(-truth.energies(samples.sequences) / 50), competing.p_nat(samples.sequences))
    assert len(samples.arrays["all_folds"]) == 500
    assert truth.log_z is None
    # Eight draws of each of twenty chains, all first draws first.
    logs, diagnostics = competing.log_p_nat(samples.sequences).reshape(8, 20).T, samples.diagnostics
    assert diagnostics["rhat"] == pytest.approx(split_rhat(logs), rel=1e-3)
    assert diagnostics["ess"] == pytest.approx(effective_sample_size(logs), rel=1e-2)
    assert diagnostics["mean_p_nat_drawn_ensemble"] == pytest.approx(np.exp(logs).mean(), rel=1e-3)
    all_folds = lattice.Ensemble(samples.arrays["all_folds"]).p_nat(samples.sequences).mean()
    assert diagnostics["mean_p_nat_all_folds"] == pytest.approx(all_folds, rel=1e-3)
    assert all_folds < 0.9 * np.exp(logs).mean()


def test_a_file_without_a_truth_is_refused(tmp_path):
    save_arrays(tmp_path / "x.safetensors", {"a": np.zeros(2)}, {})
    with pytest.raises(InputError, match="not the file of a truth"):
        load_truth(tmp_path / "x.safetensors")
