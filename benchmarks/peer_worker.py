"""Runs adabmDCA's samplers and weights on request, in the peer's own interpreter (see common.Peer)."""

import json
import sys
import time

import numpy as np
import torch
from adabmDCA.fasta import _get_sequence_weight
from adabmDCA.sampling import prepare_fixed_model_sampler, sampling_profile

params: dict[str, torch.Tensor] = {}
chains = torch.empty(0)
prepared: dict[tuple[str, str], tuple] = {}


def load(file: str, count: int, device: str = "cpu") -> None:
    global params, chains
    arrays = np.load(file)
    names = {"bias": "fields", "coupling_matrix": "couplings"}
    params = {name: torch.tensor(arrays[ours], device=device) for name, ours in names.items()}
    torch.manual_seed(0)
    chains = sampling_profile(params, count, 1.0)
    prepared.clear()


def sweep(sampler: str, sweeps: int, dtype: str = "float32") -> None:
    global chains
    device = params["bias"].device
    if (sampler, dtype) not in prepared:
        prepared[sampler, dtype] = prepare_fixed_model_sampler(sampler, device, dtype, params)
    update, of_sampler = prepared[sampler, dtype]
    chains = update(chains=chains, params=of_sampler, nsweeps=sweeps)
    if device.type == "cuda":
        torch.cuda.synchronize()


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
