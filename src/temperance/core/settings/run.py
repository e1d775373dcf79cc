"""Settings of a family, and of a whole run."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from temperance.core.settings.alignment import (
    FetchSettings,
    FilterSettings,
    HeldoutSettings,
    SearchSettings,
    Sizes,
    SubsetSettings,
    WeightSettings,
)
from temperance.core.settings.design import ConstraintSettings, DesignSettings, MutantSettings, StructureSettings
from temperance.core.settings.scoring import BaselineSettings, JudgeSettings, OptimumSettings
from temperance.core.settings.section import Count, NotNegative, Number, Positive, Section, Unique, Whole
from temperance.core.settings.training import AnnealingSettings, SampleSettings, TrainSettings
from temperance.core.settings.truths import Truth


def _not_potts(name: str) -> str:
    if name == "potts":
        raise PydanticCustomError("reserved", "potts is the family's own model")
    return name


Text = Annotated[str, Field(min_length=1)]
Replicates = Annotated[Whole, Field(ge=1, le=1000)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$")]
JudgeName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
BaselineName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{0,30}$"), AfterValidator(_not_potts)]
Format = Literal["adabmdca", "bmdca", "mi3", "ccmpred", "gremlin", "chains", "alignment"]


class Sources(Section):
    """What a family is read from, searched with or drawn from: one of these."""

    alignment: Text | None = None
    """Path of an alignment - FASTA, A2M, A3M, Stockholm, Clustal or PSICOV .aln, plain or gzipped."""

    pfam: Annotated[str, Field(pattern=r"^PF[0-9]{5}$")] | None = None
    """Accession of a Pfam entry, whose alignment is fetched."""

    interpro: Annotated[str, Field(pattern=r"^IPR[0-9]{6}$")] | None = None
    """Accession of an InterPro entry that integrates one Pfam entry."""

    query: Text | None = None
    """Path of a sequence, searched for in database."""

    database: Text | None = None
    """Path of sequences, FASTA or any format of HMMER, plain or gzipped."""


class Choices(Section):
    """What can be set for a family, or for all."""

    fetch: FetchSettings = FetchSettings()
    """How alignments of Pfam and InterPro are fetched."""

    search: SearchSettings = SearchSettings()
    """How a database is searched with a query (jackhmmer) or a seed (hmmsearch)."""

    alphabet: str = "protein"
    """protein, rna, dna, or the symbols of a custom alphabet ('-' among them is the gap)."""

    ambiguous: Literal["gap", "drop", "error"] = "gap"
    """What becomes of ambiguous residues (X, B, Z, N, ...) - a gap, the end of the sequence, or an error."""

    filter: FilterSettings = FilterSettings()
    """Columns and sequences of the alignment that are kept."""

    weights: WeightSettings = WeightSettings()
    """Weights of sequences by the number of their relatives."""

    heldout: HeldoutSettings = HeldoutSettings()
    """Sequences held out of training."""

    subsets: SubsetSettings = SubsetSettings()
    """Training sets that models are learnt from."""

    train: TrainSettings = TrainSettings()
    """Training of a Potts model."""

    sample: SampleSettings = SampleSettings()
    """Replica-exchange sampling of a model."""

    annealing: AnnealingSettings = AnnealingSettings()
    """Annealed importance sampling of ln Z."""

    optimum: OptimumSettings = OptimumSettings()
    """How the recommended temperature is chosen."""

    judges: dict[JudgeName, JudgeSettings] = {}
    """Programs of your own that score sequences, by name. Each is a column of every table of scores."""

    model: str = ""
    """A Potts model that was learnt elsewhere, sampled and scored in place of one learnt here; formats of
    docs/formats.md."""

    models: dict[BaselineName, BaselineSettings] = {}
    """Models to compare with, by name. Each learns, is sampled and is scored on every training set."""

    constraints: ConstraintSettings = ConstraintSettings()
    """What designs keep to while they are sampled. Columns are counted from 1 in the alignment as it is read."""

    design: DesignSettings = DesignSettings()
    """Designs that are proposed."""

    export: Annotated[list[Format], Unique] = []
    """Formats of other programs in which the largest model is written to export/; chains, its samples nearest the
    recommended temperature; alignment, the columns and sequences that models see."""

    structure: StructureSettings = StructureSettings()
    """A structure that predicted contacts are compared with."""

    mutants: MutantSettings = MutantSettings()
    """Measured mutants of the reference that the model's scores are compared with."""

    threads: Count = 2
    """Threads of a training or sampling job."""


class FamilySettings(Sources, Choices):
    """A family: its source, and what differs for it."""

    seed: Text | None = None
    """Path of a seed alignment in any format of HMMER, searched for in database."""

    truth: Truth | None = None
    """A family sampled from a known distribution instead of read from a file."""


Families = Annotated[dict[Name, FamilySettings], Field(min_length=1)]
_STUDIED = """Families with a truth, by name; settings as of any family, on top of those of the family of that name
where `families` has one. Families that can be listed in full are trained and analysed without sampling."""


def _truths(*kinds: str) -> dict[str, FamilySettings]:
    return {kind: FamilySettings.model_validate({"truth": {"kind": kind}}) for kind in kinds}


class DataSizeStudy(Section):
    """Optimal temperatures against the number of training sequences."""

    families: Families = Field(default=_truths("planted", "hopfield", "gapless"), description=_STUDIED)
    sizes: Sizes = [30, 100, 300, 1000, 3000, 10000]
    """Training set sizes, as of subsets.sizes."""

    replicates: Replicates = 6
    """Draws of each size."""


class GapStudy(Section):
    """Optimal temperatures against energy gap and number of training sequences."""

    families: Families = Field(default=_truths("planted", "hopfield"), description=_STUDIED)
    sizes: Sizes = [30, 100, 300, 1000, 10000]
    """Training set sizes, as of subsets.sizes."""

    replicates: Replicates = 6
    """Draws of each size."""

    vary: str = "truth.gap"
    """Key of a family's settings that sets its gap."""

    values: Annotated[list[Number], Field(min_length=1), Unique] = [0, 1, 2, 3, 4, 6, 8]
    """Values of that key."""


class RegularisationStudy(Section):
    """Optimal temperatures against the strength of regularisation and number of training sequences."""

    families: Families = Field(default=_truths("planted", "hopfield", "gapless"), description=_STUDIED)
    sizes: Sizes = [30, 100, 300, 1000, 10000]
    """Training set sizes, as of subsets.sizes."""

    replicates: Replicates = 6
    """Draws of each size."""

    vary: str = "train.l2_couplings"
    """Key of a family's settings that regularises."""

    values: Annotated[list[Number], Field(min_length=1), Unique] = [0, 0.003, 0.01, 0.03, 0.1, 0.3, 1]
    """Values of that key."""


class StudySettings(Section):
    """What `snakemake study_data_size`, `study_gap` and `study_regularisation` go through."""

    data_size: DataSizeStudy = DataSizeStudy()
    """Optimal temperatures against the number of training sequences."""

    gap: GapStudy = GapStudy()
    """Optimal temperatures against energy gap and number of training sequences."""

    regularisation: RegularisationStudy = RegularisationStudy()
    """Optimal temperatures against the strength of regularisation and number of training sequences."""


class RunSettings(Section):
    """What holds for a whole run."""

    seed: Annotated[Whole, Field(ge=0)] | Text = 1
    """Seed of the whole run; every other seed is derived from it and from names. (A path is the seed alignment of a
    single family.)"""

    results: Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9._/-]+$")] = "results"
    """Folder for everything that is written."""

    engine: Literal["auto", "cuda", "jax", "numba"] = "auto"
    """Gibbs sampler. auto takes cuda on NVIDIA cards from Ampere on, jax on other accelerators, and numba on a CPU."""

    gpu: bool = False
    """Whether jobs that train or sample ask for a GPU (gpu=1 of Snakemake's resources)."""

    batch_replicates: Replicates = 1
    """Training sets of a family that one job learns from; with more than 1, one job learns from all of them, one after
    the other."""

    memory_factor: Positive = 1
    """Times the memory that jobs ask a cluster for, by the formulas of docs/scale.md; twice as much at each retry."""

    checkpoint_seconds: NotNegative = 60
    """Jobs that train or sample keep a state to go on from, should they be killed, so many seconds apart at least."""

    environment: Literal["cpu", "cuda"] = "cpu"
    """Conda environment of jobs under --software-deployment-method conda."""


class Configuration(RunSettings, Sources, Choices):
    """Configuration of temperance.

    Every key, its type, its bounds and its default. A configuration file gives only what differs.
    """

    families: Families | None = None
    """Families by name, each with a source (alignment, pfam, interpro, query, seed or truth), and any setting below
    that differs for it; or the path of a table of them."""

    studies: StudySettings = StudySettings()
    """What `snakemake study_data_size`, `study_gap` and `study_regularisation` go through."""

    family: Name | None = None
    """Name of the single family whose alignment is given at top level; the file's name where it is left out."""
