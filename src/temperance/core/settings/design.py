"""Settings of designs and of predictions."""

from typing import Annotated, Literal

from pydantic import Field

from temperance.core.settings.section import Count, NotNegative, Number, Positive, Section, Share, Unique, Whole

Column = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}$")]


class ConstraintSettings(Section):
    """Constraints on designs, applied while they are sampled. Columns count from 1 in the alignment as it is read."""

    fixed: dict[
        Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}$")], Annotated[str, Field(min_length=1, max_length=1)]
    ] = {}
    """Residue that each design has in a column, as in {12: C}."""

    forbidden: dict[Annotated[str, Field(pattern=r"^([1-9][0-9]{0,8}|all)$")], Annotated[str, Field(min_length=1)]] = {}
    """Residues that designs may not have in a column, as in {5: PG}; all stands for every column."""

    seed: str = ""
    """Sequence of which designs are mutants, by its name in the alignment or with all columns; not one itself."""

    mutations: Count = 10
    """Largest number of sites in which a design may differ from the seed."""


class DesignSettings(Section):
    """Choice of designs among sampled candidates."""

    number: Count = 96
    """Number of designs."""

    percentile: Annotated[Number, Field(ge=0, le=100)] = 50
    """Percentile among the scores of natural sequences that every design reaches, by the judge optimum.fidelity and by
    every other judge that decides; for p_nat, a probability of 0.5 instead."""

    max_gaps: Share | Literal["auto"] = "auto"
    """Largest share of gaps in a design; auto, the share that 95 % of the natural sequences do not exceed."""

    candidates: Annotated[Whole, Field(ge=8)] = 2048
    """Number of sequences, sampled at the recommended temperature, among which designs are chosen."""

    objective: Literal["diversity", "success", "learning"] = "diversity"
    """What designs that qualify are chosen for - diversity, each as far as possible from those before it; success, the
    highest calibrated probabilities of being functional; learning, success and what the next round would teach, each
    design having the highest probability by another model of resampled results. The last two need measured.table."""

    spread: Share = 0.1
    """Least share of sites in which any two designs differ, with objective success or learning."""


class StructureSettings(Section):
    """Structure with which predicted contacts are compared."""

    path: str = ""
    """Path of a PDB or mmCIF file, plain or gzipped."""

    chain: str = ""
    """Identifier of the chain; empty, the one that resembles the reference best."""

    atoms: Literal["cb", "heavy"] = "cb"
    """Distance of two residues - between their beta carbons (cb), or between their nearest heavy atoms (heavy)."""

    cutoff: Positive = 8
    """Distance in angstroms below which two residues are in contact."""

    separation: Count = 6
    """Smallest separation along the sequence, in residues, of the pairs that are compared."""


class MutantSettings(Section):
    """Measured mutants of the reference sequence, with which scores of the model are compared."""

    table: str = ""
    """Path of a table with the columns mutant (A12V, or A12V:G30S) or hgvs_pro (p.Ala12Val) and score, separated by
    tabs, semicolons or commas."""


_Path = Annotated[str, Field(min_length=1)]


class MeasuredSettings(Section):
    """Measured sequences of the family, natural ones and designs, by which judges are assessed and calibrated."""

    table: str | Annotated[list[_Path], Field(min_length=1), Unique] = ""
    """Path of a table of sequences with scores (or a list of several), separated by tabs, semicolons or commas, such as
    designs.tsv of an earlier run with a column added. Rows without a score are left out."""

    sequence: _Path = "sequence"
    """Column of the sequences - aligned as the family's alignment is, all of a table alike, or without gaps."""

    score: _Path = "score"
    """Column of the measured scores, higher for better ones."""

    threshold: Number | Literal["auto"] = "auto"
    """Score above which a sequence is functional; auto, where two modes of the scores meet, if they have two."""

    groups: Annotated[list[_Path], Unique] = []
    """Columns by which results are grouped, such as [temperature, l2]. Sequences with a value in one of them are
    designs, those without are natural; if there are none, those are natural that the alignment has."""

    feedback: Literal["auto"] | NotNegative = 0
    """Strength with which a second model learns from results, the family's sequences counting as 1: functional ones
    are added to them, others subtracted. auto chooses it by results that are left out; 0, no such model is trained."""

    @property
    def tables(self) -> list[str]:
        """List the paths of the tables.

        Returns
        -------
        list of str
            Empty if nothing was measured.
        """
        return [self.table] if isinstance(self.table, str) and self.table else [*self.table]
