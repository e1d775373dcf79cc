"""Settings of what a family is read from, and of its sequences."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from temperance.core.settings.section import Count, NotNegative, Number, Positive, Section, Share, Whole

# A count, a share of the training set, or what stands for one or several.
Size = (
    Annotated[Whole, Field(ge=1)]
    | Annotated[Number, Field(gt=0, le=1)]
    | Annotated[str, Field(pattern=r"^(all|geometric\([^,()]+,[^,()]+,[^,()]+\))$")]
)


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Sizes = Annotated[list[Size], Field(min_length=1), BeforeValidator(_as_list)]


class FetchSettings(Section):
    """How alignments of Pfam and InterPro are fetched."""

    alignment: Literal["full", "seed"] = "full"
    """Which alignment of an entry."""

    url: str = "https://www.ebi.ac.uk/interpro/api"
    """Of the server's API."""

    tries: Count = 5
    """Times that it is asked, with pauses that double between them."""

    stalled: Positive = 60
    """Seconds without a byte after which a connection has failed."""

    minutes: Positive = 30
    """The longest that it may take, all tries together."""

    megabytes: Positive = 500
    """The largest that it may be."""

    sha256: Annotated[str, Field(pattern=r"^([0-9A-Fa-f]{64})?$")] = ""
    """What the file's SHA-256 has to be; empty, anything."""

    cache: str = ""
    """Folder of what was fetched before; empty, temperance/fetched in the user's cache folder."""


class SearchSettings(Section):
    """How a database is searched with a query (jackhmmer) or a seed (hmmsearch)."""

    iterations: Count = 5
    """Rounds of a search that begins with a query."""

    bits_per_residue: NotNegative = 0.5
    """Least bit score of a sequence and of a domain, a residue of the query or a match state of the seed."""

    evalue: Positive | None = None
    """The largest E-value of a sequence and of a domain, instead of bit scores; null, bit scores."""

    coverage: Share = 0.5
    """Least share of match states that a domain has residues in."""


class FilterSettings(Section):
    """Columns and sequences of the alignment that are kept."""

    max_column_gaps: Share = 0.5
    """Columns with a larger share of gaps are dropped."""

    max_sequence_gaps: Share = 0.5
    """Sequences with a larger share of gaps in the columns that are left are dropped."""

    duplicates: Literal["drop", "keep"] = "drop"
    """What becomes of sequences equal to an earlier one."""

    columns: Literal["all", "reference", "match"] = "all"
    """Which columns may stay - all, those in which the reference has a residue, or match states (line '#=GC RF' of a
    Stockholm file)."""

    reference: str = ""
    """Name of the sequence whose residues number the columns; the first one where it is left out."""


class WeightSettings(Section):
    """Weights of sequences by the number of their relatives."""

    identity: Annotated[Number, Field(gt=0, le=1)] | None = 0.8
    """A sequence weighs one over the number of sequences of at least this identity to it; null, all weigh the same."""


class HeldoutSettings(Section):
    """Sequences held out of training."""

    fraction: Annotated[Number, Field(gt=0, le=0.9)] = 0.2
    """Share of sequences to hold out."""

    identity: Annotated[Number, Field(gt=0, le=1)] | None = 0.8
    """No held-out sequence exceeds this identity to any training sequence; null, any may be held out."""

    max_discarded: Annotated[Number, Field(ge=0, le=0.9)] = 0.1
    """Largest share of sequences given up because they resemble both sides."""


class SubsetSettings(Section):
    """Training sets that models are learnt from."""

    sizes: Sizes = ["geometric(0.1, 1.0, 3)"]
    """Training set sizes - counts, fractions of the training set, all, or 'geometric(lo, hi, n)' of either."""

    replicates: Annotated[Whole, Field(ge=1, le=1000)] = 2
    """Draws of each size."""

    draws: Literal["nested", "independent"] = "nested"
    """Whether the smaller subsets of a replicate lie within its larger ones."""
