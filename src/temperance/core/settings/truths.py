"""Settings of families that are drawn from a known distribution."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from temperance.core.settings.section import Count, NotNegative, Positive, Section, Whole


class LatticeTruth(Section):
    """Lattice proteins, P ~ p_nat^gamma."""

    kind: Literal["lattice"]

    native: Annotated[Whole, Field(ge=0, le=103345)] = 0
    """The native fold."""

    folds: Annotated[Whole, Field(ge=2, le=103346)] = 10000
    """Folds that compete when the family is drawn."""

    gamma: Positive = 1000
    """The family is P ~ p_nat^gamma."""

    sequences: Annotated[Whole, Field(ge=10)] = 5000
    """Sequences to draw."""

    chains: Annotated[Whole, Field(ge=4)] = 250
    """Independent Metropolis chains that they come from."""

    burn_in: Count = 60
    """Sweeps before the first draw."""

    spacing: Count = 5
    """Sweeps between two draws of a chain."""


class EnumerableTruth(Section):
    """A system whose sequences can all be listed."""

    kind: str

    length: Annotated[Whole, Field(ge=2, le=20)] = 10
    """Sites."""

    q: Annotated[Whole, Field(ge=2, le=21)] = 2
    """States of a site; q^length is 2^20 at most."""

    sequences: Annotated[Whole, Field(ge=10)] = 20000
    """Sequences to draw."""


class PlantedTruth(EnumerableTruth):
    """Patterns and their neighbours below a band of random energies; no pairwise model represents it."""

    kind: Literal["planted"]

    patterns: Count = 4
    """Patterns; with two states their mirror images belong to them."""

    radius: Annotated[Whole, Field(ge=0)] = 1
    """Mutations up to which neighbours belong to a pattern."""

    gap: NotNegative = 6
    """Depth of the patterns below the band's mean energy, nats."""

    width: NotNegative = 0.3
    """Standard deviation of the band's energies, nats."""


class HopfieldTruth(EnumerableTruth):
    """Patterns stored by Hebb's rule; a pairwise model represents it exactly."""

    kind: Literal["hopfield"]

    patterns: Count = 2
    """Patterns."""

    gap: NotNegative = 6
    """Depth of the patterns below the mean energy of all sequences, nats."""


class GaplessTruth(EnumerableTruth):
    """Weak random fields and couplings."""

    kind: Literal["gapless"]

    width: NotNegative = 0.1
    """Standard deviation of every field and coupling."""


class CriticalTruth(EnumerableTruth):
    """A ferromagnet whose heat capacity peaks at temperature 1."""

    kind: Literal["critical"]

    width: NotNegative = 0
    """Standard deviation of random fields in units of the coupling."""


class RandomTruth(EnumerableTruth):
    """Independent normal energies, the random-energy model; no pairwise model represents it."""

    kind: Literal["random"]

    width: NotNegative = 2
    """Standard deviation of the energies, nats."""


class TeacherTruth(Section):
    """Samples of a model that was trained on another family."""

    kind: Literal["teacher"]

    teacher: Annotated[str, Field(min_length=1)]
    """A family of this run whose largest model teaches (or the path of a model.safetensors)."""

    temperature: Positive = 1
    """Temperature at which the teacher is sampled."""

    sequences: Annotated[Whole, Field(ge=10)] = 10000
    """Sequences to draw."""

    ladders: Annotated[Whole, Field(ge=8)] = 64
    """Independent replica-exchange ladders that they come from."""


Truth = Annotated[
    LatticeTruth | PlantedTruth | HopfieldTruth | GaplessTruth | CriticalTruth | RandomTruth | TeacherTruth,
    Field(discriminator="kind"),
]


def read_truth(settings: Mapping[str, Any]) -> Truth:
    """Complete the settings of a truth with the defaults of its kind.

    Parameters
    ----------
    settings : mapping
        kind, and what is set of that kind.

    Returns
    -------
    LatticeTruth, PlantedTruth, HopfieldTruth, GaplessTruth, CriticalTruth, RandomTruth or TeacherTruth
    """
    return _TRUTH.validate_python(settings)


_TRUTH: TypeAdapter[Truth] = TypeAdapter(Truth)
