"""Compile for NVIDIA cards without one, by the compiler that `make CUDA=1` installs; prints what came of it as JSON."""

import json

import jax
import jax.numpy as jnp
import jax_plugins.xla_cuda12 as plugin
from jax.experimental.topologies import get_topology_desc

from temperance import gibbs_jax, gibbs_triton
from temperance.gibbs_jax import JaxLearner
from temperance.gibbs_triton import TritonEngine
from temperance.steps import Given, Learning, Step

# Compute capability, shared memory of a core, cores.
CARDS = {
    "A100": (8, 0, 166_912, 108),
    "RTX 3090": (8, 6, 101_376, 82),
    "RTX 4090": (8, 9, 101_376, 128),
    "H100": (9, 0, 232_448, 132),
    "B200": (10, 0, 232_448, 148),
    "RTX 5090": (12, 0, 101_376, 170),
}
TARGET = """
gpu_device_info {{
  threads_per_block_limit: 1024 threads_per_warp: 32 threads_per_core_limit: 2048 fpus_per_core: 128
  block_dim_limit_x: 2147483647 block_dim_limit_y: 65535 block_dim_limit_z: 65535
  registers_per_core_limit: 65536 registers_per_block_limit: 65536
  shared_memory_per_block: 49152 shared_memory_per_core: {shared} shared_memory_per_block_optin: {shared}
  core_count: {cores} clock_rate_ghz: 1.5 memory_bandwidth: 2000000000000 l2_cache_size: 41943040
  device_memory_size: 80000000000 cuda_compute_capability {{ major: {major} minor: {minor} }}
}}
platform_name: "CUDA" dnn_version_info {{ major: 9 minor: 8 }} device_description_str: "{name}"
"""
# It asks a driver, which machines without a card do not have.
plugin._check_cuda_versions = lambda **_: None


def card(name: str) -> jax.sharding.Sharding:
    major, minor, shared, cores = CARDS[name]
    target = TARGET.format(major=major, minor=minor, shared=shared, cores=cores, name=name)
    described = get_topology_desc("1x1x1", "cuda", topology="1x1x1", target_config=target)
    return jax.sharding.SingleDeviceSharding(described.devices[0])


def sweeps(name: str, terms: int, length: int = 96, q: int = 21, count: int = 10_000) -> None:
    where = card(name)
    kinds = [((length, q), "f4"), ((length, q, length, q), "f4"), ((count, length), "u1"), ((count,), "f4"),
             ((2,), "u4"), ((1,), "i4")]  # fmt: skip
    given = [jax.ShapeDtypeStruct(shape, kind, sharding=where) for shape, kind in kinds]
    gibbs_triton.sweep.trace(*given, terms=terms, interpret=False).lower().compile()


def bytes_of_training(name: str, length: int, count: int, q: int = 21, steps: int = 10, sweeps: int = 10) -> int:
    """Of ten steps, as planned for the card."""
    where = card(name)

    def array(*shape: int, kind: type = jnp.float32) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct(shape, kind, sharding=where)

    model = array(length, q), array(length, q, length, q)
    learner = JaxLearner(model, (array(), array()), model, model)
    state = Learning(learner, array(count, length, kind=jnp.uint8), array())
    seeds, drawn = array(steps, sweeps, 2, kind=jnp.uint32), array(steps, 500, length, kind=jnp.uint8)
    given, take = Given(drawn, seeds, array(steps, sweeps)), Step(500, sweeps, 0.2, 1.0, 50)
    planned = gibbs_jax._repeat.trace(TritonEngine(), take, None, state, given).lower().compile().memory_analysis()
    return planned.argument_size_in_bytes + planned.output_size_in_bytes + planned.temp_size_in_bytes


for name in CARDS:
    for terms in (1, 2):
        sweeps(name, terms)
print(json.dumps({"cards": list(CARDS), "bytes": bytes_of_training("H100", 1000, 10_000)}))
