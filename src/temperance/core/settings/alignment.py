"""Settings of the source of a family's alignment, and of its sequences."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from temperance.core.settings.section import Count, NotNegative, Number, Positive, Section, Share, Whole

# A count, a share of the training set, or an expression for one or several sizes.
Size = (
    Annotated[Whole, Field(ge=1)]
    | Annotated[Number, Field(gt=0, le=1)]
    | Annotated[str, Field(pattern=r"^(all|geometric\([^,()]+,[^,()]+,[^,()]+\))$")]
)


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Sizes = Annotated[list[Size], Field(min_length=1), BeforeValidator(_as_list)]


class FetchSettings(Section):
    """Download of alignments of Pfam and InterPro."""

    alignment: Literal["full", "seed"] = "full"
    """Alignment of the Pfam entry - full, all members of the family, or seed, the curated representatives."""

    url: str = "https://www.ebi.ac.uk/interpro/api"
    """Address of the server's API."""

    tries: Count = 5
    """Attempts to download a file, after pauses that double each time."""

    stalled: Positive = 60
    """Seconds without data after which a connection counts as failed."""

    minutes: Positive = 30
    """Limit on the time of a download in minutes, all attempts together."""

    megabytes: Positive = 500
    """Limit on the size of a download in megabytes."""

    sha256: Annotated[str, Field(pattern=r"^([0-9A-Fa-f]{64})?$")] = ""
    """SHA-256 digest that the file must have, by which a run always uses the same release; empty, any."""

    cache: str = ""
    """Folder in which downloads are kept for later runs; empty, temperance/fetched in the user's cache folder."""


class SearchSettings(Section):
    """Search of a database with a query (jackhmmer) or a seed alignment (hmmsearch)."""

    iterations: Count = 5
    """Largest number of rounds of a search with a query."""

    bits_per_residue: NotNegative = 0.5
    """Smallest bit score of a sequence and of a domain, divided by the residues of the query or the match states of the
    seed."""

    evalue: Positive | None = None
    """Largest E-value of a sequence and of a domain, used instead of bit scores; null, bit scores are used."""

    coverage: Share = 0.5
    """Smallest share of match states in which a domain has residues."""


class FilterSettings(Section):
    """Filter of the alignment's columns and sequences."""

    max_column_gaps: Share = 0.5
    """Largest share of gaps in a column; columns with more are dropped."""

    max_sequence_gaps: Share = 0.5
    """Largest share of gaps in a sequence, over the columns that are kept; sequences with more are dropped."""

    duplicates: Literal["drop", "keep"] = "drop"
    """Whether sequences that are identical to an earlier one are dropped or kept."""

    columns: Literal["all", "reference", "match"] = "all"
    """Columns that may be kept - all, those in which the reference has a residue, or match states (line '#=GC RF' of a
    Stockholm file)."""

    reference: str = ""
    """Name of the sequence whose residues number the columns; empty, the first one."""


class WeightSettings(Section):
    """Weights of sequences, smaller for those with many similar ones."""

    identity: Annotated[Number, Field(gt=0, le=1)] | None = 0.8
    """Each sequence has the weight 1 / n, n being the number of sequences, itself included, that are at least this
    identical to it; null, all have the weight 1."""


class HeldoutSettings(Section):
    """Sequences that are held out of training, to test models on."""

    fraction: Annotated[Number, Field(gt=0, le=0.9)] = 0.2
    """Share of sequences to hold out."""

    identity: Annotated[Number, Field(gt=0, le=1)] | None = 0.8
    """Largest identity of a held-out sequence to any training sequence; null, no limit."""

    max_discarded: Annotated[Number, Field(ge=0, le=0.9)] = 0.1
    """Largest share of sequences that may be discarded because they resemble both training and held-out ones."""


class SubsetSettings(Section):
    """Training sets; one model is trained on each."""

    sizes: Sizes = ["geometric(0.1, 1.0, 3)"]
    """Sizes of training sets - counts, shares of the training sequences, all, or 'geometric(lo, hi, n)', n sizes with
    equal ratios from lo to hi, of either kind."""

    replicates: Annotated[Whole, Field(ge=1, le=1000)] = 2
    """Number of training sets of each size, drawn at random."""

    draws: Literal["nested", "independent"] = "nested"
    """Whether smaller training sets of a replicate are parts of its larger ones (nested), or drawn independently."""
