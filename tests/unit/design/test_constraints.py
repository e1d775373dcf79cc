"""Designs keep to what is asked of them, and otherwise have the model's own distribution."""

import numpy as np
import pytest
from small_systems import all_states, boltzmann, random_potts

from temperance.core.alphabet import alphabet
from temperance.core.errors import InputError
from temperance.core.settings.design import ConstraintSettings
from temperance.design.constraints import Constraints
from temperance.engines.registry import choose_engine
from temperance.potts.model import Potts
from temperance.sampling.replica_exchange import sample

LETTERS = alphabet("-ACD")
NAMES, SEQUENCES = np.array(["one", "two"]), np.array([[1, 1, 1, 1, 1, 1], [0, 1, 2, 3, 0, 1]], np.uint8)
# Of nine columns, three were dropped.
COLUMNS = np.array([1, 2, 4, 5, 8, 9])


def constraints(**values):
    settings = ConstraintSettings.model_construct(**values)
    return Constraints.from_settings(settings, COLUMNS, 9, LETTERS, NAMES, SEQUENCES)


def sample_designs(limits, model, temperature, count=40_000):
    engine = choose_engine("numba")
    constrained = limits.constrained_model(model, engine, temperature, 1)
    plan = {"sequences": count, "ladders": 40, "sweeps": 4, "max_sweeps": 4}
    return sample(constrained, engine, 1, [temperature], starts=SEQUENCES, **plan).sequences.reshape(-1, model.L)


@pytest.mark.parametrize("temperature", [0.7, 1.3])
def test_fixed_and_forbidden_residues_give_the_conditional_distribution(temperature):
    limits = constraints(fixed={"4": "C"}, forbidden={"all": "-", "9": "AD"})
    model, states = random_potts(6, 4, seed=2, scale=0.6), all_states(6, 4)
    designs = sample_designs(limits, model, temperature)
    assert limits.satisfied_by(designs).all()
    assert (designs[:, 2] == 2).all()
    assert (designs[:, 5] == 2).all()
    assert (designs != 0).all()
    p = boltzmann(model, states, temperature) * limits.satisfied_by(states)
    energies = model.energies(states)
    mean = p @ energies / p.sum()
    error = (p @ (energies - mean) ** 2 / p.sum() / 5000) ** 0.5
    assert abs(model.energies(designs).mean() - mean) < 5 * error


def test_what_is_fixed_may_be_forbidden_everywhere_else():
    allowed = constraints(fixed={"1": "C"}, forbidden={"all": "C"}).allowed
    assert allowed[0].tolist() == [False, False, True, False]
    assert not allowed[1:, 2].any()


def test_mutants_of_a_seed_keep_within_the_budget_and_have_the_model_s_ratios_at_each_distance():
    limits = constraints(seed="two", mutations=2)
    model, states = random_potts(6, 4, seed=3, scale=0.4), all_states(6, 4)
    designs = sample_designs(limits, model, 1.0)
    within = designs[limits.satisfied_by(designs)]
    assert 0.3 < len(within) / len(designs) < 0.95
    for distance in (1, 2):
        at = states[limits.distances(states) == distance]
        p = boltzmann(model, at, 1.0)
        mine = within[limits.distances(within) == distance]
        index = {state.tobytes(): n for n, state in enumerate(at)}
        frequencies = np.bincount([index[state.tobytes()] for state in mine], minlength=len(at)) / len(mine)
        # Draws of a ladder follow each other: a quarter of them count.
        assert (np.abs(frequencies - p) < 5 * np.sqrt(p * (1 - p) / (len(mine) / 4)) + 1e-3).all()


def test_the_pull_keeps_mutations_to_85_percent_of_the_budget_at_every_temperature():
    """Without fields or couplings all of six sites mutate alike, and a pull p leaves each as it is with probability
    e^p / (e^p + 3): 2 mutations of 6 times 0.85 are a mean of 1.7, so e^p / 3 = 4.3 / 1.7 and p = 2.03.
    """
    limits, flat = constraints(seed="two", mutations=2), Potts(np.zeros((6, 4)), np.zeros((6, 4, 6, 4), np.float32))
    for temperature in (0.5, 2.0):
        fields = limits.constrained_model(flat, choose_engine("numba"), temperature, 1).fields
        pulls = fields[np.arange(6), SEQUENCES[1]] / temperature
        # All sites are pulled alike. Of 256 chains' mutations the standard deviation is 0.07 = sqrt(6 * 0.2 / 256), and
        # the mean falls by 6 * 0.283 * 0.717 = 1.2 with p.
        np.testing.assert_allclose(pulls, pulls[0], rtol=1e-5)
        assert pulls[0] == pytest.approx(np.log(3 * 4.3 / 1.7), abs=0.25)
        assert (np.delete(fields.ravel(), np.arange(6) * 4 + SEQUENCES[1]) == 0).all()


def test_a_weak_pull_is_found_where_the_budget_is_almost_wide_enough():
    """As above, 4.5 mutations of six sites without a pull, and 0.85 * 5 = 4.25 with e^p / 3 = 1.75 / 4.25, p = 0.21."""
    limits, flat = constraints(seed="two", mutations=5), Potts(np.zeros((6, 4)), np.zeros((6, 4, 6, 4), np.float32))
    fields = limits.constrained_model(flat, choose_engine("numba"), 1.0, 1).fields
    # An error of the mean of 0.069 = sqrt(6 * 0.708 * 0.292 / 256), by the slope of 1.24, is one of 0.056.
    assert fields[np.arange(6), SEQUENCES[1]] == pytest.approx(np.full(6, np.log(3 * 1.75 / 4.25)), abs=0.17)


def test_mutations_are_counted_and_the_budget_is_the_most():
    limits = constraints(seed="two", mutations=2, forbidden={"1": "D"})
    mutants = np.array([[0, 1, 2, 3, 0, 1], [1, 1, 2, 3, 0, 0], [1, 0, 2, 3, 0, 0], [3, 1, 2, 3, 0, 1]], np.uint8)
    assert limits.distances(mutants).tolist() == [0, 2, 3, 1]
    # Three are too many, and a D in the first column is forbidden.
    assert limits.satisfied_by(mutants).tolist() == [True, True, False, False]
    unseeded = constraints(forbidden={"1": "D"})
    assert unseeded.distances(mutants).tolist() == [0, 0, 0, 0]
    assert unseeded.satisfied_by(mutants).tolist() == [True, True, True, False]


def test_a_seed_is_looked_up_by_its_whole_name_and_a_budget_just_met_is_enough():
    assert constraints(seed="one").seed.tolist() == [1, 1, 1, 1, 1, 1]
    # The seed has gaps in two columns, which may not be: two mutations are needed.
    limits = constraints(seed="two", mutations=2, forbidden={"all": "-"})
    model = random_potts(6, 4, seed=2, scale=0.2)
    designs = sample_designs(limits, model, 1.0, 400)
    assert (designs != 0).all() and limits.distances(designs).min() == 2


def test_constraints_come_back_from_their_file(tmp_path):
    for limits in (constraints(seed="two", mutations=3, fixed={"1": "-"}), constraints(forbidden={"9": "AD"})):
        limits.save(tmp_path / "x")
        loaded = Constraints.load(tmp_path / "x")
        np.testing.assert_array_equal(loaded.allowed, limits.allowed)
        assert loaded.allowed.dtype == bool and loaded.budget == limits.budget
        assert (loaded.seed is None) == (limits.seed is None) and np.array_equal(loaded.seed, limits.seed)


def test_columns_are_those_of_the_file_from_1_on():
    """Columns 1, 2, 4, 5, 8 and 9 of nine are sites; residues are listed one by one."""
    allowed = constraints(forbidden={"1": "A", "9": "CD", "5": "-"}, fixed={"8": "D"}).allowed
    states = ["".join(symbol for symbol, may in zip("-ACD", row, strict=True) if may) for row in allowed]
    assert states == ["-CD", "-ACD", "-ACD", "ACD", "D", "-A"]


def test_states_that_a_model_cannot_have_stay_forbidden():
    model = random_potts(6, 4, seed=2, scale=0.2).restrict(np.tile([True, True, True, False], (6, 1)))
    limits = constraints(forbidden={"1": "-"})
    constrained = limits.constrained_model(model, choose_engine("numba"), 1.0, 1)
    assert constrained.allowed.tolist() == [[False, True, True, False], *[[True, True, True, False]] * 5]


def test_a_wide_budget_leaves_the_model_as_it_is():
    model = random_potts(6, 4, seed=3, scale=0.4)
    limits = constraints(seed="two", mutations=6)
    assert np.array_equal(limits.constrained_model(model, choose_engine("numba"), 1.0, 1).fields, model.fields)


def test_a_name_of_two_different_sequences_is_no_seed():
    def find_seed(sequences):
        settings = ConstraintSettings.model_construct(seed="one")
        return Constraints.from_settings(settings, COLUMNS, 9, LETTERS, np.array(["one", "one"]), sequences).seed

    with pytest.raises(InputError) as raised:
        find_seed(SEQUENCES)
    assert str(raised.value) == (
        "constraints.seed: 2 different sequences of the alignment are named one; give the sequence itself, or each a "
        "name of its own"
    )
    assert find_seed(SEQUENCES[[1, 1]]).tolist() == SEQUENCES[1].tolist()


def test_a_seed_may_be_a_sequence_of_all_columns():
    assert constraints(seed="-A-CD--A-").seed.tolist() == [0, 1, 2, 3, 1, 0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fixed": {"3": "C"}}, "constraints.fixed.3: column 3 was dropped"),
        ({"fixed": {"10": "C"}}, "columns 1 to 9"),
        ({"forbidden": {"7": "C"}}, "constraints.forbidden.7: column 7 was dropped"),
        ({"fixed": {"0": "C"}}, "columns 1 to 9"),
        ({"fixed": {"1": "CD"}}, "constraints.fixed.1: 'CD' is more than one residue"),
        ({"seed": "two", "mutations": 1, "forbidden": {"all": "-"}}, "may change at 1 sites"),
        ({"fixed": {"1": "\u0391"}}, "'\u0391' contains a symbol that is not in the alphabet -ACD"),
        ({"fixed": {"1": "W"}}, "'W' contains a symbol that is not in the alphabet -ACD"),
        ({"forbidden": {"1": "-ACD"}}, "no residue is left for column 1"),
        ({"seed": "three"}, "neither the name of a sequence"),
        ({"seed": "AAAAAAAAW"}, "'AAAAAAAAW' contains a symbol that is not in the alphabet"),
        ({"seed": "two", "mutations": 1, "forbidden": {"all": "-"}}, "violates 2 constraints (the first in column 1)"),
    ],
)
def test_constraints_that_cannot_be_met_are_told_in_one_line(settings, message):
    with pytest.raises(InputError) as error:
        constraints(**settings)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
