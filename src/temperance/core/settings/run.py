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
from temperance.core.settings.design import (
    ConstraintSettings,
    DesignSettings,
    MeasuredSettings,
    MutantSettings,
    StructureSettings,
)
from temperance.core.settings.scoring import BaselineSettings, JudgeSettings, OptimumSettings
from temperance.core.settings.section import Count, NotNegative, Number, Section, Unique, Whole
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
Format = Literal["adabmdca", "bmdca", "mi3", "ccmpred", "gremlin", "plmc", "chains", "alignment"]


class Sources(Section):
    """Source of a family's sequences: one of these."""

    alignment: Text | None = None
    """Path of an alignment - FASTA, A2M, A3M, Stockholm, Clustal or PSICOV .aln, plain or packed (gzip, bzip2, xz)."""

    pfam: Annotated[str, Field(pattern=r"^PF[0-9]{5}$")] | None = None
    """Accession of a Pfam entry, such as PF00014, whose alignment is downloaded."""

    interpro: Annotated[str, Field(pattern=r"^IPR[0-9]{6}$")] | None = None
    """Accession of an InterPro entry, such as IPR002223, that integrates exactly one Pfam entry, whose alignment is
    downloaded."""

    query: Text | None = None
    """Path of one sequence, whose homologues are searched for in database."""

    database: Text | None = None
    """Path of the sequences to search, in FASTA or any format that HMMER reads, plain or packed (gzip, bzip2, xz)."""


class Choices(Section):
    """Settings that may be given for one family, or at top level for all."""

    fetch: FetchSettings = FetchSettings()
    """Download of alignments of Pfam and InterPro."""

    search: SearchSettings = SearchSettings()
    """Search of a database with a query (jackhmmer) or a seed alignment (hmmsearch)."""

    alphabet: str = "protein"
    """protein, rna, dna, or the symbols of a custom alphabet ('-' among them is the gap). Nucleic acid is refused as
    protein (docs/sources.md)."""

    ambiguous: Literal["gap", "drop", "error"] = "gap"
    """Treatment of ambiguous residues (X, B, Z, N, ...) - gap replaces them by gaps, drop drops the sequence, error
    ends the run."""

    filter: FilterSettings = FilterSettings()
    """Filter of the alignment's columns and sequences."""

    weights: WeightSettings = WeightSettings()
    """Weights of sequences, smaller for those with many similar ones."""

    heldout: HeldoutSettings = HeldoutSettings()
    """Sequences that are held out of training, to test models on."""

    subsets: SubsetSettings = SubsetSettings()
    """Training sets; one model is trained on each."""

    train: TrainSettings = TrainSettings()
    """Training of a Potts model."""

    sample: SampleSettings = SampleSettings()
    """Replica-exchange sampling of a model."""

    annealing: AnnealingSettings = AnnealingSettings()
    """Annealed importance sampling, by which the partition function ln Z is checked."""

    optimum: OptimumSettings = OptimumSettings()
    """Judges and criteria by which a sampling temperature is recommended."""

    judges: dict[JudgeName, JudgeSettings] = {}
    """Programs of your own that score sequences, by name (a-z, 0-9 and _). Each adds a column to every table
    of scores."""

    model: str = ""
    """Path of a Potts model trained elsewhere, which is sampled and scored instead of training one; formats are listed
    in docs/formats.md."""

    models: dict[BaselineName, BaselineSettings] = {}
    """Other models to compare with, by name (a-z, 0-9 and . _ -). Each is trained on every training set, sampled and
    scored."""

    constraints: ConstraintSettings = ConstraintSettings()
    """Constraints on designs, applied while they are sampled. Columns count from 1 in the alignment as it is read."""

    design: DesignSettings = DesignSettings()
    """Choice of designs among sampled candidates."""

    export: Annotated[list[Format], Unique] = []
    """Formats of other programs in which the model of the largest training set is written to the folder export; chains
    are its samples nearest the recommended temperature; alignment is the filtered alignment that models are trained
    on."""

    structure: StructureSettings = StructureSettings()
    """Structure with which predicted contacts are compared."""

    mutants: MutantSettings = MutantSettings()
    """Measured mutants of the reference sequence, with which scores of the model are compared."""

    measured: MeasuredSettings = MeasuredSettings()
    """Measured sequences of the family, natural ones and designs, by which judges are assessed and calibrated."""

    threads: Count = 2
    """CPU threads of each job that searches a database, trains, samples or scores."""


class FamilySettings(Sources, Choices):
    """A family: its source, and the settings that differ for it."""

    seed: Text | None = None
    """Path of a seed alignment in any format that HMMER reads, whose homologues are searched for in database."""

    truth: Truth | None = None
    """Known distribution from which the family's sequences are drawn, instead of reading them from a file."""


Families = Annotated[dict[Name, FamilySettings], Field(min_length=1)]
_STUDIED = """Families with a truth, by name, with any setting of a family; they override those of the family of the
same name in `families`. Families whose sequences can all be enumerated are trained and analysed exactly, without
sampling."""


def _truths(*kinds: str) -> dict[str, FamilySettings]:
    return {kind: FamilySettings.model_validate({"truth": {"kind": kind}}) for kind in kinds}


class DataSizeStudy(Section):
    """Dependence of optimal temperatures on the number of training sequences."""

    families: Families = Field(default=_truths("planted", "hopfield", "gapless"), description=_STUDIED)
    sizes: Sizes = [30, 100, 300, 1000, 3000, 10000]
    """Sizes of training sets, written as in subsets.sizes."""

    replicates: Replicates = 6
    """Number of training sets of each size."""


class GapStudy(Section):
    """Dependence of optimal temperatures on the energy gap and the number of training sequences."""

    families: Families = Field(default=_truths("planted", "hopfield"), description=_STUDIED)
    sizes: Sizes = [30, 100, 300, 1000, 10000]
    """Sizes of training sets, written as in subsets.sizes."""

    replicates: Replicates = 6
    """Number of training sets of each size."""

    vary: str = "truth.gap"
    """Key of the setting that is varied, which determines the energy gap."""

    values: Annotated[list[Number], Field(min_length=1), Unique] = [0, 1, 2, 3, 4, 6, 8]
    """Values of the varied setting."""


class RegularisationStudy(Section):
    """Dependence of optimal temperatures on the strength of regularisation and the number of training sequences."""

    families: Families = Field(default=_truths("planted", "hopfield", "gapless"), description=_STUDIED)
    sizes: Sizes = [30, 100, 300, 1000, 10000]
    """Sizes of training sets, written as in subsets.sizes."""

    replicates: Replicates = 6
    """Number of training sets of each size."""

    vary: str = "train.l2_couplings"
    """Key of the setting that is varied, which determines the regularisation."""

    values: Annotated[list[Number], Field(min_length=1), Unique] = [0, 0.003, 0.01, 0.03, 0.1, 0.3, 1]
    """Values of the varied setting."""


class StudySettings(Section):
    """Studies that `snakemake study_data_size`, `study_gap` and `study_regularisation` run."""

    data_size: DataSizeStudy = DataSizeStudy()
    """Dependence of optimal temperatures on the number of training sequences."""

    gap: GapStudy = GapStudy()
    """Dependence of optimal temperatures on the energy gap and the number of training sequences."""

    regularisation: RegularisationStudy = RegularisationStudy()
    """Dependence of optimal temperatures on the strength of regularisation and the number of training sequences."""


class RunSettings(Section):
    """Settings of a whole run."""

    seed: Annotated[Whole, Field(ge=0)] | Text = 1
    """Random seed of the whole run, from which the seeds of all jobs are derived. (A path is taken as the seed
    alignment of a single family.)"""

    results: Annotated[str, Field(min_length=1, pattern=r"^[A-Za-z0-9._/-]+$")] = "results"
    """Folder in which all results are written; its path may have letters, digits and . _ / - only."""

    engine: Literal["auto", "cuda", "jax", "numba"] = "auto"
    """Gibbs sampler. auto chooses cuda on NVIDIA cards from Ampere on, jax on other accelerators, numba on a CPU."""

    gpu: bool = False
    """Whether jobs that train or sample request a GPU (gpu=1 of Snakemake's resources)."""

    batch_replicates: Replicates = 1
    """Whether one job trains the models of all training sets of a family, one after the other (any number above 1), or
    each model is trained in a job of its own (1)."""

    figure_formats: Annotated[list[Literal["pdf", "png"]], Unique] = ["pdf", "png"]
    """Formats of figures besides SVG, which pages show; [] halves the time that figures take."""

    memory_factor: Annotated[Number, Field(gt=0, le=1000)] = 1
    """Factor by which the memory that jobs request from a cluster, estimated as in docs/scale.md, is multiplied; each
    retry doubles the request."""

    checkpoint_seconds: NotNegative = 60
    """Smallest interval in seconds between two checkpoints, from which training and sampling resume after a job was
    killed."""

    environment: Literal["cpu", "cuda12", "cuda13"] = "cpu"
    """Conda environment of jobs, used with --software-deployment-method conda: with CUDA or without."""

    container: str = "temperance.sif"
    """Image that jobs run in, used with --software-deployment-method apptainer: a file, as `make image` writes it, or
    an address such as docker://registry/name:tag."""


class Configuration(RunSettings, Sources, Choices):
    """Configuration of temperance.

    Every key with its type, its bounds and its default. A configuration file contains only the settings that differ.
    """

    families: Families | None = None
    """Families by name (letters, digits and . _ -), each with a source (alignment, pfam, interpro, query, seed or
    truth) and the settings that differ for it; or the path of a table of families."""

    studies: StudySettings = StudySettings()
    """Studies that `snakemake study_data_size`, `study_gap` and `study_regularisation` run."""

    family: Name | None = None
    """Name of the single family whose source is given at top level; by default the name of its file."""
