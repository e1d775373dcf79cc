"""Two samples of one model of PF00014, by engines that share no random number: do they come from one distribution?"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from common import save
from scipy.stats import ks_2samp
from training import FAMILIES, prepare

from temperance.gibbs import choose_engine, profile_chains
from temperance.statistics import frequencies, site_frequencies
from temperance.train import train

CHAINS, SWEEPS = 10_000, 100


def main(families: Path) -> None:
    file, settings, _ = FAMILIES["PF00014"]
    with tempfile.TemporaryDirectory() as folder:
        data = prepare(families / file, Path(folder))
    numba = choose_engine("numba")
    model = train(data["training"], data["weights"], 21, numba, 1, **settings).model
    samples = []
    for seed, engine in enumerate((numba, choose_engine("jax"))):
        start = profile_chains(CHAINS, site_frequencies(data["training"], 21), np.random.default_rng(seed))
        samples.append(engine.sweep(engine.prepare(model), start, 1.0, seed, SWEEPS))
    energies = [model.energies(sample) for sample in samples]
    (one, other), pooled = (
        [frequencies(sample, 21).pair for sample in samples],
        frequencies(np.concatenate(samples), 21),
    )
    # Frequencies of pairs of states that are seen often enough for their differences to be normal.
    often = pooled.pair > 20 / CHAINS
    z = (one - other)[often] / np.sqrt(2 * pooled.pair[often] * (1 - pooled.pair[often]) / CHAINS)
    row = {
        "chains": CHAINS, "sweeps": SWEEPS, "energy_numba": energies[0].mean(), "energy_jax": energies[1].mean(),
        "energy_error": np.sqrt(sum(e.var() for e in energies) / CHAINS), "ks_p": ks_2samp(*energies).pvalue,
        "pair_frequencies": int(often.sum()), "z_squared": (z**2).mean(), "largest_z": np.abs(z).max(),
    }  # fmt: skip
    save("engines", [row])
    print(row, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
