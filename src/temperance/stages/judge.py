"""Train the judge that scores pairs of sites, on parts of the natural sequences."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.alphabet import alphabet as find_alphabet
from temperance.core.files import load_arrays, provenance
from temperance.scoring.cross_fitted import FOLDS, PSEUDOCOUNT, SPLITS, CrossFittedJudge

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """File to read.

    Attributes
    ----------
    alignment : Path
        Encoded alignment with sequence weights, from `ingest`.
    """

    alignment: Path


class Outputs(NamedTuple):
    """File to write.

    Attributes
    ----------
    judge : Path
        Potts model, scores of the natural sequences, and their clusters of relatives.
    """

    judge: Path


def run(inputs: Inputs, outputs: Outputs, seed: int) -> None:
    """Train the cross-fitted Potts judge of a family.

    Parameters
    ----------
    inputs : Inputs
        Files to read.
    outputs : Outputs
        Files to write.
    seed : int
        Random seed of the job.

    Raises
    ------
    InputError
        If the family has too few different sequences.
    """
    arrays, metadata = load_arrays(inputs.alignment)
    alphabet = find_alphabet(metadata["alphabet"])
    judge = CrossFittedJudge.learn(arrays["sequences"], arrays["weights"], alphabet.q, seed)
    settings = {"pseudocount": PSEUDOCOUNT, "splits": SPLITS, "folds": FOLDS}
    judge.save(outputs.judge, alphabet, provenance(settings, seed))
    log.info(
        "pair judge of %d natural sequences in %d clusters of relatives; its models rank natural sequences that they "
        "were not trained on above shuffled ones in %.0f %% of cases",
        len(judge.clusters), judge.clusters.max() + 1, 100 * judge.discrimination.auc,
    )  # fmt: skip
