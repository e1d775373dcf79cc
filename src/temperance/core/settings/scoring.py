"""Settings of judges, of models to compare with, and of the recommendation."""

from typing import Annotated, Literal

from pydantic import Field

from temperance.core.settings.section import NotNegative, Positive, Section, Share, Whole


class OptimumSettings(Section):
    """Judges and criteria by which a sampling temperature is recommended."""

    fidelity: str = "auto"
    """Judge by which fidelity is measured in figures and designs: p_nat, truth, potts, hmm, profile, folding,
    covariance, or the name of one of your own (judges). auto is p_nat for lattice proteins, truth for other known
    distributions, and potts for natural families."""

    novelty_floor: Share = 0.2
    """Smallest acceptable novelty: share of sites, on average, in which samples differ from the nearest natural
    sequence. Each design reaches it by itself."""

    diversity_floor: Share = 0.5
    """Smallest acceptable diversity: mean pairwise distance of samples, divided by that of held-out natural
    sequences."""

    folding: bool = False
    """Whether ViennaRNA's minimum free energy per nucleotide is used as a judge of RNA or DNA (needs the Python package
    viennarna)."""

    covariance: bool = False
    """Whether a covariance model of the held-out sequences is used as a judge of RNA or DNA (needs the programs of
    Infernal on the PATH and, for base pairs, the Python package viennarna)."""

    bootstrap: Annotated[Whole, Field(ge=20)] = 1000
    """Number of bootstrap draws from which each interval is computed."""


class JudgeSettings(Section):
    """Program of your own that scores sequences."""

    command: Annotated[list[Annotated[str, Field(pattern=r"^[^\x00]+$")]], Field(min_length=1)]
    """Program and its arguments as a list of words, those with braces in quotes; run without a shell. "{fasta}" stands
    for the file of sequences to read, "{scores}" for the table to write (on each line a name, a tab and a score),
    "{threads}" for the number of threads to use."""

    aligned: bool = False
    """Whether the program reads aligned sequences; otherwise gaps are removed."""

    higher: bool = True
    """Whether higher scores are better; otherwise the sign of scores is changed in all tables."""

    sequences: Annotated[Whole, Field(ge=0)] = 0
    """Largest number of sequences to score at each temperature and in each set of natural sequences; 0, all. If not all
    are scored, designs are scored only after they have been chosen."""

    minutes: Positive = 60
    """Limit on the time of the program, and of all that it starts, for one file, in minutes."""


class BaselineSettings(Section):
    """Other model with which the family's Potts models are compared."""

    kind: Literal["boltzmann", "profile", "pseudolikelihood", "autoregressive", "attention", "file"]
    """boltzmann is a Potts model trained like the family's, with other regularisation; profile has independent sites;
    pseudolikelihood is plmDCA; autoregressive is arDCA, whose temperature is that of each site's softmax; attention
    is a modern Hopfield network of the training sequences, for small families; file is a model of your own."""

    l2_fields: NotNegative | None = None
    """Strength of the L2 penalty on fields, for boltzmann, pseudolikelihood and autoregressive; null, the default of
    the kind."""

    l2_couplings: NotNegative | None = None
    """Strength of the L2 penalty on couplings, for the same kinds; null, the default of the kind."""

    path: str = ""
    """Path of the model of kind file, in any format of docs/formats.md."""
