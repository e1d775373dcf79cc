"""Settings of judges, of the models that a family's own are compared with, and of the recommendation."""

from typing import Annotated, Literal

from pydantic import Field

from temperance.core.settings.section import NotNegative, Positive, Section, Share, Whole


class OptimumSettings(Section):
    """How the recommended temperature is chosen."""

    fidelity: str = "auto"
    """Judge that figures and designs go by: p_nat, truth, potts, hmm, profile, folding, covariance, or the name of one
    of your own. auto is p_nat for lattice proteins, truth for other truths, and potts for families that are read
    from a file."""

    novelty_floor: Share = 0.2
    """Least mean share of sites in which designs differ from their nearest natural sequence."""

    diversity_floor: Share = 0.5
    """Least mean pairwise distance of designs, in units of that of held-out natural sequences."""

    folding: bool = False
    """Whether ViennaRNA's minimum free energy a nucleotide is a judge of RNA or DNA (Python package viennarna)."""

    covariance: bool = False
    """Whether a covariance model of held-out sequences is a judge of RNA or DNA (programs of Infernal on the PATH, and
    Python package viennarna for the base pairs)."""

    bootstrap: Annotated[Whole, Field(ge=20)] = 1000
    """Draws behind each interval."""


class JudgeSettings(Section):
    """A program of your own that scores sequences."""

    command: Annotated[list[Annotated[str, Field(pattern=r"^[^\x00]+$")]], Field(min_length=1)]
    """Program and arguments, run without a shell. {fasta} stands for the sequences that it is to read, {scores} for the
    table that it is to write (a name and a score a line, between them a tab), {threads} for the threads that it may
    use."""

    aligned: bool = False
    """Whether it reads aligned sequences; else their gaps are left out."""

    higher: bool = True
    """Whether higher scores are better; else tables have them with the sign changed."""

    sequences: Annotated[Whole, Field(ge=0)] = 0
    """The most sequences that it scores of a temperature, or of a set of natural ones; 0, all. If not all, it scores
    designs only after they are chosen."""

    minutes: Positive = 60
    """The longest that it may take for one file."""


class BaselineSettings(Section):
    """A model to compare with."""

    kind: Literal["boltzmann", "profile", "pseudolikelihood", "autoregressive", "attention", "file"]
    """boltzmann is trained as the family's own, with other regularisation; profile has independent sites;
    pseudolikelihood is plmDCA; autoregressive is arDCA, whose temperature is that of each site's softmax; attention
    is a modern Hopfield network of the training sequences, for few of them; file is a model of your own."""

    l2_fields: NotNegative | None = None
    """L2 strength on fields, of boltzmann, pseudolikelihood, autoregressive; null, the kind's own."""

    l2_couplings: NotNegative | None = None
    """L2 strength on couplings."""

    path: str = ""
    """Of a file, in any format of docs/formats.md."""
