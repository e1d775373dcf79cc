"""Learn the family's judge from halves of its natural sequences. Output: a Potts model, and clusters of relatives."""

from temperance.alphabet import alphabet
from temperance.job import job
from temperance.scoring.cross_fitted import PSEUDOCOUNT, SPLITS, CrossFittedJudge
from temperance.store import load_arrays, provenance

with job(snakemake) as log:
    arrays, metadata = load_arrays(snakemake.input.alignment)
    letters, seed = alphabet(metadata["alphabet"]), snakemake.params.seed
    judge = CrossFittedJudge.learn(arrays["sequences"], arrays["weights"], letters.q, seed)
    judge.save(snakemake.output[0], letters, provenance({"pseudocount": PSEUDOCOUNT, "splits": SPLITS}, seed))
    log.info(
        "judge of %d natural sequences in %d clusters of relatives; models of halves rank sequences of the other half "
        "above shuffled ones in %.0f %% of cases",
        len(judge.clusters), judge.clusters.max() + 1, 100 * judge.discrimination.auc,
    )  # fmt: skip
