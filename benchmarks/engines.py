"""Two samples of one model of PF00014, by engines that share no random number: do they come from one distribution?"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from common import save
from scipy.stats import ks_2samp
from training import FAMILIES, prepare

from temperance.engines.chains import draw_profile_chains
from temperance.engines.registry import choose_engine
from temperance.msa.frequencies import site_frequencies
from temperance.potts.frequencies import frequencies
from temperance.potts.model import Potts
from temperance.training import train

CHAINS, SWEEPS = 10_000, 100


def main(families: Path) -> None:
    file, settings, _ = FAMILIES["PF00014"]
    with tempfile.TemporaryDirectory() as folder:
        data = prepare(families / file, Path(folder))
    numba = choose_engine("numba")
    model = train(data["training"], data["weights"], 21, numba, 1, stop="pearson", **settings).model
    samples = []
    for seed, engine in enumerate((numba, choose_engine("jax"))):
        start = draw_profile_chains(CHAINS, site_frequencies(data["training"], 21), np.random.default_rng(seed))
        samples.append(np.asarray(engine.sweep(engine.prepare(model), start, 1.0, seed, SWEEPS)))
    row = {"chains": CHAINS, "sweeps": SWEEPS} | compared(model, samples, ("numba", "jax"))
    save("engines", [row])
    print(row, flush=True)


def compared(model: Potts, samples: list[np.ndarray], names: tuple[str, str]) -> dict[str, float]:
    """Energies and pair frequencies of two samples (C, L) of a model."""
    energies, count = [model.energies(sample) for sample in samples], len(samples[0])
    (one, other), pooled = (
        [frequencies(sample, model.q).pair for sample in samples],
        frequencies(np.concatenate(samples), model.q),
    )
    # Frequencies of pairs of states that are seen often enough for their differences to be normal.
    often = pooled.pair > 20 / count
    z = (one - other)[often] / np.sqrt(2 * pooled.pair[often] * (1 - pooled.pair[often]) / count)
    return {f"energy_{name}": of_sample.mean() for name, of_sample in zip(names, energies, strict=True)} | {
        "energy_error": np.sqrt(sum(e.var() for e in energies) / count), "ks_p": ks_2samp(*energies).pvalue,
        "pair_frequencies": int(often.sum()), "z_squared": (z**2).mean(), "largest_z": np.abs(z).max(),
    }  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
