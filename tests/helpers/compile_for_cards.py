"""What NVIDIA's compilers, which need no card, make of the CUDA engine for cards; as a program it prints the table.

The kernel's registers and shared memory come from NVRTC; the memory of a training is what XLA plans for an H100, where
the packages that `make CUDA=12` or `make CUDA=13` installs are there.
"""

import json
import re
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import jax
import jax.numpy as jnp

from temperance.engines import jax_engine, nvrtc
from temperance.engines.card import Card
from temperance.engines.cuda_engine import CudaEngine, read_source
from temperance.engines.cuda_layout import choose_shape
from temperance.engines.jax_learner import JaxLearner
from temperance.training.step import Learning, Step, StepRandomness

# Compute capability, multiprocessors, and shared memory of a block.
CARDS = {
    "A100": Card(80, 108, 166_912),
    "RTX 3090": Card(86, 82, 101_376),
    "RTX 4090": Card(89, 128, 101_376),
    "H100": Card(90, 132, 232_448),
    "B200": Card(100, 148, 232_448),
    "RTX 5090": Card(120, 170, 101_376),
}
STATES, CHAINS, LENGTH = (2, 4, 21, 64), (100, 4000, 10_000, 40_000), 96
H100 = """
gpu_device_info {
  threads_per_block_limit: 1024 threads_per_warp: 32 threads_per_core_limit: 2048 fpus_per_core: 128
  block_dim_limit_x: 2147483647 block_dim_limit_y: 65535 block_dim_limit_z: 65535
  registers_per_core_limit: 65536 registers_per_block_limit: 65536
  shared_memory_per_block: 49152 shared_memory_per_core: 232448 shared_memory_per_block_optin: 232448
  core_count: 132 clock_rate_ghz: 1.5 memory_bandwidth: 2000000000000 l2_cache_size: 41943040
  device_memory_size: 80000000000 cuda_compute_capability { major: 9 minor: 0 }
}
platform_name: "CUDA" dnn_version_info { major: 9 minor: 8 } device_description_str: "H100"
"""


def kernel(card: str, q: int, chains: int, single: bool = False) -> dict[str, Any]:
    """Registers of a thread and bytes of spills that the assembler says, with the layout that is taken."""
    shape = choose_shape(LENGTH, q, chains, CARDS[card], single)
    code, log = nvrtc.compile_source(read_source(), shape.defines, CARDS[card].capability)
    spills = re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", log)
    used = re.search(r"Used (\d+) registers", log)
    assert code.startswith(b"\x7fELF")
    assert spills, log
    assert used, log
    return {
        "card": card, "q": q, "chains": chains, "cells": "float32" if single else "int16", "warps": shape.warps,
        "threads": shape.threads, "registers": int(used[1]), "spills": int(spills[1]) + int(spills[2]),
        "shared": shape.shared_bytes(LENGTH),
    }  # fmt: skip


class _NoCard(Card):
    """An H100 on which nothing is launched."""

    def launcher(self) -> int:
        return 0

    def load(self, source: str, defines: Any, name: str) -> int:
        return 0


def bytes_of_training(length: int, count: int, q: int = 21, steps: int = 10, sweeps: int = 10) -> int:
    """Of ten steps, as XLA plans them for an H100."""
    from jax.experimental.topologies import get_topology_desc

    for plugin in entry_points(group="jax_plugins"):
        # It asks a driver, which machines without a card do not have.
        import_module(plugin.value)._check_cuda_versions = lambda **_: None  # type: ignore[attr-defined]
    described = get_topology_desc("1x1x1", "cuda", topology="1x1x1", target_config=H100)
    where = jax.sharding.SingleDeviceSharding(described.devices[0])

    def array(*shape: int, kind: type = jnp.float32) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct(shape, kind, sharding=where)

    model = array(length, q), array(length, q, length, q)
    learner = JaxLearner(model, (array(), array()), array(), model, model)
    state = Learning(learner, array(count, length, kind=jnp.uint8), array())
    seeds, sequences = array(steps, sweeps, 2, kind=jnp.uint32), array(steps, 500, length, kind=jnp.uint8)
    randomness, take = StepRandomness(sequences, seeds, array(steps, sweeps)), Step(500, sweeps, 0.2, 1.0, 50)
    engine = CudaEngine(card=_NoCard(90, 132, 232_448))
    planned = jax_engine._scan.trace(engine, take, None, state, randomness).lower().compile().memory_analysis()
    return planned.argument_size_in_bytes + planned.output_size_in_bytes + planned.temp_size_in_bytes


def main() -> None:
    for card in CARDS:
        for q in STATES:
            for single in (False, True):
                print(json.dumps([kernel(card, q, chains, single) for chains in CHAINS]), flush=True)
    if entry_points(group="jax_plugins"):
        print(json.dumps({"bytes": bytes_of_training(1000, 10_000)}))


if __name__ == "__main__":
    main()
