"""Settings of known distributions from which families are drawn."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from temperance.core.settings.section import Count, NotNegative, Positive, Section, Whole


class LatticeTruth(Section):
    """Lattice proteins (27 residues), drawn from P ~ p_nat^gamma; p_nat is the probability of the native fold."""

    kind: Literal["lattice"]

    native: Annotated[Whole, Field(ge=0, le=103345)] = 0
    """Number of the native fold."""

    folds: Annotated[Whole, Field(ge=2, le=103346)] = 10000
    """Number of folds in competition when the family is drawn, the native one included."""

    gamma: Positive = 1000
    """Exponent of p_nat; larger values draw more stable proteins."""

    sequences: Annotated[Whole, Field(ge=10)] = 5000
    """Number of sequences to draw."""

    chains: Annotated[Whole, Field(ge=4)] = 250
    """Independent Metropolis chains from which sequences are drawn."""

    burn_in: Count = 60
    """Metropolis sweeps before the first draw."""

    spacing: Count = 5
    """Metropolis sweeps between two draws of a chain."""


class SizedTruth(Section):
    """System of a chosen length and number of states, whose sequences can all be enumerated."""

    kind: str

    length: Annotated[Whole, Field(ge=2, le=20)] = 10
    """Number of sites."""

    q: Annotated[Whole, Field(ge=2, le=21)] = 2
    """Number of states of a site; q^length may not exceed 2^20."""

    sequences: Annotated[Whole, Field(ge=10)] = 20000
    """Number of sequences to draw."""


class PlantedTruth(SizedTruth):
    """Patterns and their neighbours below a band of random energies; no pairwise model represents it."""

    kind: Literal["planted"]

    patterns: Count = 4
    """Number of patterns; with two states their mirror images are patterns, too."""

    radius: Annotated[Whole, Field(ge=0)] = 1
    """Largest number of mutations at which a neighbour belongs to a pattern."""

    gap: NotNegative = 6
    """Energy gap, in nats, between the patterns and the mean of the band."""

    width: NotNegative = 0.3
    """Standard deviation of the energies of the band, in nats."""


class HopfieldTruth(SizedTruth):
    """Patterns stored by Hebb's rule; a pairwise model represents it exactly."""

    kind: Literal["hopfield"]

    patterns: Count = 2
    """Number of patterns."""

    gap: NotNegative = 6
    """Energy gap, in nats, between the patterns and the mean of all sequences."""


class GaplessTruth(SizedTruth):
    """Weak random fields and couplings, without an energy gap."""

    kind: Literal["gapless"]

    width: NotNegative = 0.1
    """Standard deviation of fields and couplings, in nats."""


class CriticalTruth(SizedTruth):
    """A ferromagnet whose heat capacity peaks at temperature 1."""

    kind: Literal["critical"]

    width: NotNegative = 0
    """Standard deviation of random fields, divided by the coupling."""


class RandomTruth(SizedTruth):
    """Independent normal energies, the random-energy model; no pairwise model represents it."""

    kind: Literal["random"]

    width: NotNegative = 2
    """Standard deviation of the energies, in nats."""


class TwoLevelTruth(SizedTruth):
    """Ground states, chosen at random, below all other sequences, which have one energy; the simplest energy gap."""

    kind: Literal["two_level"]

    length: Annotated[Whole, Field(ge=2, le=20)] = 2
    """Number of sites."""

    q: Annotated[Whole, Field(ge=2, le=21)] = 10
    """Number of states of a site; there are q^length sequences, at most 2^20."""

    ground_states: Count = 30
    """Number of sequences in the ground state, fewer than there are sequences."""

    gap: NotNegative = 6
    """Energy gap, in nats, between the ground states and all other sequences."""


class IsingTruth(Section):
    """Nearest-neighbour Ising model of a lattice of spins, without fields; a pairwise model represents it exactly."""

    kind: Literal["ising"]

    rows: Count = 4
    """Rows of the lattice; it may have 20 spins at most."""

    columns: Count = 4
    """Columns of the lattice."""

    periodic: bool = True
    """Whether the spins of the last row and column are neighbours of those of the first; false, the lattice has open
    edges."""

    temperature: Positive = 2.3
    """Temperature, in units of the coupling between neighbours."""

    sequences: Annotated[Whole, Field(ge=10)] = 20000
    """Number of sequences to draw."""

    @property
    def length(self) -> int:
        """Count the spins.

        Returns
        -------
        int
            Number of sites.
        """
        return self.rows * self.columns

    @property
    def q(self) -> int:
        """Count the states of a spin.

        Returns
        -------
        int
            2.
        """
        return 2


EnumerableTruth = SizedTruth | IsingTruth


class SectorTruth(Section):
    """Coupled pairs (10 sites of five states), 18 free sites, and seven that have to be near one of five patterns."""

    kind: Literal["sector"]

    mutations: Annotated[Whole, Field(ge=1, le=3)] = 3
    """Largest number of mutations of a functional sector from the nearest pattern, which has one state at all sites."""

    temperature: Positive = 0.4
    """Temperature of the sector: a mutation costs 1 / temperature, in nats."""

    sequences: Annotated[Whole, Field(ge=10)] = 500
    """Number of sequences to draw."""


class TeacherTruth(Section):
    """Samples of a model that was trained on another family, the teacher."""

    kind: Literal["teacher"]

    teacher: Annotated[str, Field(min_length=1)]
    """Family of this run whose largest model is sampled, or the path of a model.safetensors."""

    temperature: Positive = 1
    """Temperature at which the teacher is sampled."""

    sequences: Annotated[Whole, Field(ge=10)] = 10000
    """Number of sequences to draw."""

    ladders: Annotated[Whole, Field(ge=8)] = 64
    """Independent replica-exchange ladders from which sequences are drawn."""


Truth = Annotated[
    LatticeTruth
    | PlantedTruth
    | HopfieldTruth
    | GaplessTruth
    | CriticalTruth
    | RandomTruth
    | TwoLevelTruth
    | IsingTruth
    | SectorTruth
    | TeacherTruth,
    Field(discriminator="kind"),
]


def read_truth(settings: Mapping[str, Any]) -> Truth:
    """Check the settings of a truth, and complete them with the defaults of its kind.

    Parameters
    ----------
    settings : mapping
        kind, and settings of that kind.

    Returns
    -------
    LatticeTruth, EnumerableTruth, SectorTruth or TeacherTruth
        The checked settings, of the class of their kind.
    """
    return _TRUTH.validate_python(settings)


_TRUTH: TypeAdapter[Truth] = TypeAdapter(Truth)
