"""Judges that a family can have."""

from temperance.core.errors import InputError
from temperance.core.settings import Settings
from temperance.scoring.rna_tools import explain_missing_folding, explain_missing_infernal

_JUDGES = ("p_nat", "truth", "potts", "hmm", "profile", "folding", "covariance")
# Judges of RNA and DNA that are off by default, and functions that explain which of their tools is missing.
_RNA_JUDGES = {"folding": explain_missing_folding, "covariance": explain_missing_infernal}
# Names that users' judges may not have: columns of tables of scores, and suffixes of tau_ in other tables.
_RESERVED_NAMES = {
    *_JUDGES, "f", "train", "temperature", "ladder", "draw", "energy", "gaps", "fidelity", "novelty", "diversity",
    "set", "weight", "scale_weight", "name", "cluster", "mutations", "aligned", "sequence", "sequences", "identical",
    "ess", "rhat", "drift", "acceptance", "equilibrated", "subset", "replicate", "auto", "distance_natural",
    "distance_training", "nearest_natural", "nearest_training", "effective_share", "pearson_single", "pearson_pair",
    "pearson_triple", "slope_pair", "slope_triple", "measured", "functional", "p_functional", "kind", "group", "table",
    "line", "distance_measured", "p_functional_low", "p_functional_high", "minus_energy", "identity_natural",
    "true_energy", "lost", "recommended", "results", "clusters",
}  # fmt: skip
_BIOLOGICAL_ALPHABETS = ("protein", "rna", "dna")
LATTICE_ALPHABET = "ACDEFGHIKLMNPQRSTVWY"


def has_hmm(alphabet_name: str) -> bool:
    """Tell whether HMMER supports an alphabet.

    Parameters
    ----------
    alphabet_name : str
        As of the setting `alphabet`.

    Returns
    -------
    bool
    """
    return alphabet_name in (*_BIOLOGICAL_ALPHABETS, LATTICE_ALPHABET)


def resolve_judge(name: str, family: Settings) -> None:
    """Resolve which judge of fidelity `auto` stands for, and check that the family can have its judges.

    Parameters
    ----------
    name : str
        Name of the family.
    family : dict
        Its settings, in which the judge is written.

    Raises
    ------
    InputError
        If a judge is unknown, not to be had, or has a name that columns of tables have.
    """
    judge, kind = family["optimum"]["fidelity"], family.get("truth", {}).get("kind")
    programs = family["judges"]
    if clashes := programs.keys() & _RESERVED_NAMES:
        raise InputError(f"{name}: judges.{min(clashes)}: tables have a column {min(clashes)}; choose another name")
    prefixes, suffixes = ("percentile_", "above_median_"), ("_error", "_low", "_high")
    if reserved := [judge for judge in programs if judge.startswith(prefixes) or judge.endswith(suffixes)]:
        raise InputError(f"{name}: judges.{reserved[0]}: reserved for columns of tables; choose another name")
    for option, explain_missing in _RNA_JUDGES.items():
        if family["optimum"][option]:
            _check_rna_judge(name, family, option, explain_missing())
    if judge == "auto":
        family["optimum"]["fidelity"] = "p_nat" if kind == "lattice" else "truth" if kind else "potts"
        return
    key = f"{name}: optimum.fidelity"
    if judge in _RNA_JUDGES and not family["optimum"][judge]:
        raise InputError(f"{key}: {judge} is turned off; set optimum.{judge} to true")
    if judge in programs and programs[judge].get("sequences"):
        raise InputError(f"{key}: {judge} must score all sequences; remove judges.{judge}.sequences")
    if judge not in (*_JUDGES, *programs):
        raise InputError(f"{key}: '{judge}' is not one of auto, {', '.join((*_JUDGES, *programs))}")
    if judge == "p_nat" and kind != "lattice":
        raise InputError(f"{key}: p_nat needs a lattice truth; set it to auto")
    if judge == "truth" and kind in (None, "lattice"):
        raise InputError(f"{key}: truth needs a truth other than lattice proteins; set it to auto")
    if judge == "hmm" and not has_hmm(family["alphabet"]):
        raise InputError(f"{key}: hmm needs alphabet protein, rna or dna; set it to potts")


def _check_rna_judge(name: str, family: Settings, judge: str, missing: str) -> None:
    """Make sure that a judge of RNA can score the family's sequences, and that its programs are installed."""
    if family["alphabet"] not in ("rna", "dna"):
        raise InputError(f"{name}: optimum.{judge}: this judge is for RNA and DNA, not alphabet {family['alphabet']}")
    if missing:
        raise InputError(f"{name}: optimum.{judge}: {missing}")
