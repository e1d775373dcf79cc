"""Learn the judge that sees pairs from parts of the natural sequences."""

import logging
from pathlib import Path
from typing import NamedTuple

from temperance.core.alphabet import alphabet
from temperance.core.files import load_arrays, provenance
from temperance.scoring.cross_fitted import FOLDS, PSEUDOCOUNT, SPLITS, CrossFittedJudge

log = logging.getLogger(__name__)


class Inputs(NamedTuple):
    """Of `ingest`."""

    alignment: Path


class Outputs(NamedTuple):
    """A Potts model, scores of the natural sequences, and clusters of relatives."""

    judge: Path


def run(inputs: Inputs, outputs: Outputs, seed: int) -> None:
    """Learn the judge of a family."""
    arrays, metadata = load_arrays(inputs.alignment)
    letters = alphabet(metadata["alphabet"])
    judge = CrossFittedJudge.learn(arrays["sequences"], arrays["weights"], letters.q, seed)
    settings = {"pseudocount": PSEUDOCOUNT, "splits": SPLITS, "folds": FOLDS}
    judge.save(outputs.judge, letters, provenance(settings, seed))
    log.info(
        "judge of %d natural sequences in %d clusters of relatives; models rank sequences that they have not seen "
        "above shuffled ones in %.0f %% of cases",
        len(judge.clusters), judge.clusters.max() + 1, 100 * judge.discrimination.auc,
    )  # fmt: skip
