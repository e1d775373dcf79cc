"""Learn the family's judge from parts of its natural sequences. Output: a Potts model, and clusters of relatives."""

from temperance.core.alphabet import alphabet
from temperance.core.files import load_arrays, provenance
from temperance.scoring.cross_fitted import FOLDS, PSEUDOCOUNT, SPLITS, CrossFittedJudge
from temperance.workflow.job import job

with job(snakemake) as log:
    arrays, metadata = load_arrays(snakemake.input.alignment)
    letters, seed = alphabet(metadata["alphabet"]), snakemake.params.seed
    judge = CrossFittedJudge.learn(arrays["sequences"], arrays["weights"], letters.q, seed)
    settings = {"pseudocount": PSEUDOCOUNT, "splits": SPLITS, "folds": FOLDS}
    judge.save(snakemake.output[0], letters, provenance(settings, seed))
    log.info(
        "judge of %d natural sequences in %d clusters of relatives; models rank sequences that they have not seen "
        "above shuffled ones in %.0f %% of cases",
        len(judge.clusters), judge.clusters.max() + 1, 100 * judge.discrimination.auc,
    )  # fmt: skip
