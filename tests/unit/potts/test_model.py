import numpy as np
import pytest
from small_systems import all_states, boltzmann, random_potts

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.core.files import save_arrays
from temperance.potts.model import Potts, load, profile_fields


def slow_energy(model: Potts, sequence: np.ndarray) -> float:
    energy = 0.0
    for i in range(model.L):
        energy -= model.fields[i, sequence[i]]
        for j in range(i + 1, model.L):
            energy -= model.couplings[i, sequence[i], j, sequence[j]]
    return energy


def test_energies_equal_a_double_loop():
    model = random_potts(7, 5, seed=2)
    sequences = np.random.default_rng(0).integers(0, 5, (50, 7), dtype=np.uint8)
    expected = [slow_energy(model, sequence) for sequence in sequences]
    np.testing.assert_allclose(model.energies(sequences), expected, atol=1e-4)


def test_zero_sum_gauge_keeps_the_distribution_and_sums_to_zero(small):
    states = all_states(4, 3)
    gauged = small.zero_sum()
    np.testing.assert_allclose(boltzmann(gauged, states, 1), boltzmann(small, states, 1), atol=1e-6)
    np.testing.assert_allclose(gauged.fields.sum(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(gauged.couplings.sum(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(gauged.couplings.sum(axis=3), 0, atol=1e-5)
    np.testing.assert_array_equal(gauged.couplings, gauged.couplings.transpose(2, 3, 0, 1))


def test_any_gauge_ends_in_the_same_zero_sum_one(small):
    rng = np.random.default_rng(3)
    shift = rng.normal(size=(4, 4, 3)).astype(np.float32)  # K_ij(a) moves from the coupling into the field of i
    fields, couplings = small.fields.copy(), small.couplings.copy()
    for i in range(4):
        for j in range(4):
            if i != j:
                couplings[i, :, j] += shift[i, j][:, None]
                couplings[j, :, i] += shift[i, j][None, :]
                fields[i] -= shift[i, j]
    moved = Potts(fields, couplings)
    np.testing.assert_allclose(moved.zero_sum().couplings, small.zero_sum().couplings, atol=1e-5)
    np.testing.assert_allclose(moved.zero_sum().fields, small.zero_sum().fields, atol=1e-5)


def test_scaling_parameters_and_temperature_together_changes_nothing(small):
    states = all_states(4, 3)
    np.testing.assert_allclose(boltzmann(small.scale(2.5), states, 2.5), boltzmann(small, states, 1), atol=1e-6)


def test_states_that_are_restricted_are_those_that_are_allowed(small):
    allowed = np.array([[True, False, True]] * 3 + [[False, True, False]])
    restricted = small.restrict(allowed)
    assert small.allowed.all()
    np.testing.assert_array_equal(restricted.allowed, allowed)
    np.testing.assert_array_equal(restricted.fields[allowed], small.fields[allowed])


def test_profile_model_has_the_frequencies_it_was_given():
    frequencies = np.random.default_rng(0).dirichlet(np.ones(3), 4)
    states = all_states(4, 3)
    p = boltzmann(Potts(profile_fields(frequencies), np.zeros((4, 3, 4, 3), np.float32)), states, 1)
    marginals = np.array([[p[states[:, i] == a].sum() for a in range(3)] for i in range(4)])
    np.testing.assert_allclose(marginals, frequencies, atol=1e-6)


def test_a_saved_model_is_loaded_as_it_was(small, tmp_path):
    path = tmp_path / "model.safetensors"
    small.save(path, alphabet("ABC"), {"note": 1})
    model, letters, metadata = load(path)
    np.testing.assert_array_equal(model.couplings, small.couplings)
    np.testing.assert_array_equal(model.fields, small.fields)
    assert letters.symbols == "ABC"
    assert metadata["note"] == 1


@pytest.mark.parametrize("keep", [0, 7, 300])
def test_a_truncated_model_is_refused_by_name(small, tmp_path, keep):
    path = tmp_path / "model.safetensors"
    small.save(path, alphabet("ABC"), {})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"model\.safetensors"):
        load(path)


def _set(index, value):
    def change(arrays):
        arrays["couplings"][index] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set((1, 2, 3, 0), 9.0), r"tensor couplings: entry \[1, 2, 3, 0\] is 9 and entry \[3, 0, 1, 2\] is"),
        (_set((2, 0, 2, 1), 0.5), "tensor couplings: site 2 is coupled to itself"),
        (_set((0, 1, 1, 2), np.nan), r"tensor couplings: entry \[0, 1, 1, 2\] is not a finite number"),
        (lambda arrays: arrays["fields"].__setitem__((3, 1), np.inf), r"tensor fields: entry \[3, 1\] is not a finite"),
        (lambda arrays: arrays.update(fields=arrays["fields"].ravel()), r"tensor fields: float32 of shape \(12,\)"),
        (lambda arrays: arrays.update(fields=arrays["fields"][:3]), r"tensor couplings: .* of shape \(4, 3, 4, 3\)"),
        (lambda arrays: arrays.update(couplings=arrays["couplings"][:2]), r"of shape \(2, 3, 4, 3\)"),
        (lambda arrays: arrays.update(fields=arrays["fields"].astype(int)), "tensor fields: int64"),
        (lambda arrays: arrays.pop("fields"), "not a Potts model"),
    ],
)
def test_a_model_with_a_wrong_entry_is_refused_by_tensor_and_entry(change, message, small, tmp_path):
    arrays = {"fields": small.fields.copy(), "couplings": small.couplings.copy()}
    change(arrays)
    save_arrays(tmp_path / "model.safetensors", arrays, {"alphabet": "ABC"})
    with pytest.raises(InputError, match=message) as error:
        load(tmp_path / "model.safetensors")
    assert str(error.value).startswith(str(tmp_path / "model.safetensors"))


@pytest.mark.parametrize("name", [["ABC"], None, "ABCD", "rna", 3])
def test_a_model_of_another_alphabet_is_refused(name, small, tmp_path):
    small_arrays = {"fields": small.fields, "couplings": small.couplings}
    save_arrays(tmp_path / "model.safetensors", small_arrays, {"alphabet": name})
    with pytest.raises(InputError, match="alphabet"):
        load(tmp_path / "model.safetensors")


def test_couplings_that_differ_by_rounding_are_symmetric_and_double_precision_is_read(small, tmp_path):
    couplings = small.couplings.astype(float)
    couplings[0, 1, 2, 1] *= 1 + 1e-6
    save_arrays(
        tmp_path / "model.safetensors", {"fields": small.fields.astype(float), "couplings": couplings},
        {"alphabet": "ABC"},
    )  # fmt: skip
    model = load(tmp_path / "model.safetensors")[0]
    assert model.fields.dtype == model.couplings.dtype == np.float32
    np.testing.assert_allclose(model.couplings, small.couplings, rtol=2e-6)
