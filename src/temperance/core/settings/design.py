"""Settings of designs and of predictions."""

from typing import Annotated, Literal

from pydantic import Field

from temperance.core.settings.section import Count, Number, Positive, Section, Share, Whole


class ConstraintSettings(Section):
    """What designs keep to while they are sampled. Columns are counted from 1 in the alignment as it is read."""

    fixed: dict[Annotated[str, Field(pattern=r"^[1-9][0-9]*$")], Annotated[str, Field(min_length=1, max_length=1)]] = {}
    """Residues by column, as in {12: C}."""

    forbidden: dict[Annotated[str, Field(pattern=r"^([1-9][0-9]*|all)$")], Annotated[str, Field(min_length=1)]] = {}
    """Residues that a column may not take, as in {5: PG}; all stands for every column."""

    seed: str = ""
    """Sequence that designs are mutants of, by its name in the alignment or as a sequence of all its columns."""

    mutations: Count = 10
    """The most sites in which a design differs from the seed."""


class DesignSettings(Section):
    """Designs that are proposed."""

    number: Count = 96
    """Designs to propose."""

    percentile: Annotated[Number, Field(ge=0, le=100)] = 50
    """Percentile among natural sequences that every design reaches, by the judge optimum.fidelity and by every other
    judge that decides (for p_nat 0.5 itself)."""

    max_gaps: Share | Literal["auto"] = "auto"
    """Most gaps of a design, as a share of columns; auto, what 95 % of the natural sequences do not exceed."""

    candidates: Annotated[Whole, Field(ge=8)] = 2048
    """Samples at the recommended temperature to choose them from."""


class StructureSettings(Section):
    """A structure that predicted contacts are compared with."""

    path: str = ""
    """PDB or mmCIF file, plain or gzipped."""

    chain: str = ""
    """Its chain; empty, the first one."""

    atoms: Literal["cb", "heavy"] = "cb"
    """Distances are between beta carbons (cb), or the least between heavy atoms (heavy)."""

    cutoff: Positive = 8
    """Distance, in angstroms, below which residues are in contact."""

    separation: Count = 6
    """Least distance in sequence of pairs that count."""


class MutantSettings(Section):
    """Measured mutants of the reference that the model's scores are compared with."""

    table: str = ""
    """Table with columns mutant (A12V, or A12V:G30S) and score, tabs or commas."""
