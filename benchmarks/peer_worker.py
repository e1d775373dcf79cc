"""Runs adabmDCA's samplers and weights on request, in the peer's own interpreter (see common.Peer)."""

import json
import sys
import time

import numpy as np
import torch
from adabmDCA.fasta import _get_sequence_weight
from adabmDCA.sampling import get_sampler, sampling_profile

params: dict[str, torch.Tensor] = {}
chains = torch.empty(0)


def load(file: str, count: int) -> None:
    global params, chains
    arrays = np.load(file)
    params = {"bias": torch.tensor(arrays["fields"]), "coupling_matrix": torch.tensor(arrays["couplings"])}
    torch.manual_seed(0)
    chains = sampling_profile(params, count, 1.0)


def sweep(sampler: str, sweeps: int) -> None:
    global chains
    chains = get_sampler(sampler)(chains=chains, params=params, nsweeps=sweeps)


def weights(file: str, threshold: float, share: float) -> None:
    """The loop of `compute_weights`, over the first `share` of the sequences: one costs what another does."""
    data = torch.tensor(np.load(file)["sequences"].astype(np.int64))
    rows = data[: max(1, round(share * len(data)))]
    torch.vstack([_get_sequence_weight(row, data, data.shape[1], threshold) for row in rows])


for line in sys.stdin:
    request = json.loads(line)
    action = {"load": load, "sweep": sweep, "weights": weights}[request.pop("do")]
    started = time.perf_counter()
    with torch.no_grad():
        action(**request)
    print(time.perf_counter() - started, flush=True)
