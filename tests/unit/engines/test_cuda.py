"""The CUDA engine: its kernel compiled without a card, its arithmetic in NumPy, and on a card the kernel itself."""

import os
import subprocess
import sys
from importlib.metadata import entry_points

import compile_for_cards
import jax
import numpy as np
import pytest
from compile_for_cards import CARDS
from kernel_in_numpy import EmulatedCard, choose, emulated_engine, packed_sums, swept, threefry, uniform, unpacked
from small_systems import random_potts

from temperance.core.errors import InputError
from temperance.engines import launch, nvrtc
from temperance.engines.chains import draw_uniform_chains
from temperance.engines.cuda_engine import CudaEngine, read_source
from temperance.engines.cuda_layout import Shape, choose_shape, pack_model, row_cells, row_states
from temperance.engines.memory import check_training, training_bytes
from temperance.engines.registry import choose_engine


def on_a_card():
    return jax.default_backend() == "gpu"


needs_card = pytest.mark.skipif(not on_a_card(), reason="needs an NVIDIA card")
needs_emulation = pytest.mark.skipif(on_a_card(), reason="emulates a card on a machine that has none")


@pytest.fixture(scope="module")
def compiler():
    try:
        return nvrtc.find_version()
    except nvrtc.CompilationError as error:
        assert "NVRTC_REQUIRED" not in os.environ
        pytest.skip(str(error))


# ---------------------------------------------------------------- without a card: the kernel's code


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("q", compile_for_cards.STATES)
@pytest.mark.parametrize("card", CARDS)
def test_the_kernel_compiles_for_every_card_without_spills(compiler, card, q, single):
    for chains in compile_for_cards.CHAINS:
        row = compile_for_cards.kernel(card, q, chains, single)
        assert row["spills"] == 0
        assert row["shared"] <= CARDS[card].shared_memory
        # A multiprocessor has 65,536 registers, shared out to four groups of warps.
        assert row["registers"] * 32 * -(-row["threads"] // 128) <= 16_384


def test_a_card_of_80_gigabytes_holds_a_training_of_a_thousand_sites():
    """As XLA plans it for an H100."""
    if not entry_points(group="jax_plugins"):
        pytest.skip("needs the packages that make CUDA=12 or CUDA=13 installs")
    program = "import compile_for_cards; print(compile_for_cards.bytes_of_training(1000, 10_000))"
    run = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": ":".join(sys.path)}, capture_output=True
    )
    assert run.returncode == 0, run.stderr.decode()
    assert int(run.stdout.split()[-1]) < training_bytes(1000, 21, 10_000) < 80e9 * 0.75


def test_compiled_kernels_are_kept_on_disk(compiler, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    defines = choose_shape(20, 4, 100, CARDS["H100"]).defines
    code = nvrtc.compile_cached(read_source(), defines, 90)
    monkeypatch.setattr(nvrtc, "compile_source", lambda *_: pytest.fail("compiled again"))
    assert nvrtc.compile_cached(read_source(), defines, 90) == code
    with pytest.raises(pytest.fail.Exception, match="compiled again"):
        nvrtc.compile_cached(read_source(), defines, 80)


def test_what_does_not_compile_is_said(compiler):
    with pytest.raises(nvrtc.CompilationError, match="cannot compile the kernel for compute capability 90"):
        nvrtc.compile_source("__global__ void f() { nonsense }", {}, 90)


# ---------------------------------------------------------------- the layout on a card


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("length", [2, 53, 96, 400, 1000])
@pytest.mark.parametrize("q", [2, 3, 8, 9, 21, 33, 64])
def test_blocks_fit_and_hold_all_states(card, length, q, single):
    for count in (1, 37, 4000, 40_000):
        shape = choose_shape(length, q, count, CARDS[card], single)
        assert shape.shared_bytes(length) <= CARDS[card].shared_memory
        assert 0 <= row_cells(q) - q < row_states(q)
        assert shape.lanes * shape.split <= 32
        assert shape.threads <= 672
        assert shape.chunk % 8 == 0 or 8 % shape.chunk == 0
        assert shape.split == 1 or shape.split <= shape.chunk // 8 + 1


def test_the_usual_number_of_chains_is_on_the_card_at_once():
    shape = choose_shape(96, 21, 10_000, CARDS["H100"])
    assert shape == Shape(21, split=1, chunk=48, stages=4, warps=8)
    assert 10_000 <= 132 * shape.chains < 1.1 * 10_000
    assert choose_shape(96, 4, 4000, CARDS["H100"]).split == 8


def test_what_does_not_fit_is_said_in_a_line():
    with pytest.raises(InputError, match="engine: cuda supports alphabets of 2 to 64 states, not 65"):
        choose_shape(10, 65, 100, CARDS["H100"])
    with pytest.raises(InputError, match=r"engine: chains of 300000 sites and .* are too large for cuda"):
        choose_shape(300_000, 21, 100, CARDS["H100"])


# ---------------------------------------------------------------- the kernel's arithmetic


@pytest.mark.parametrize(("length", "q"), [(2, 2), (5, 4), (13, 21), (30, 64)])
def test_couplings_are_rounded_as_on_the_cpu(length, q):
    """To the last bit, so both engines sample one model."""
    model = random_potts(length, q, seed=length, scale=0.3)
    ours, others = pack_model(model.fields, model.couplings), choose_engine("numba").prepare(model)
    slabs = unpacked(ours.slabs, q)
    assert np.asarray(ours.unit) == np.float32(others.unit)
    np.testing.assert_array_equal(slabs[:, :length, :, :q], others.slabs[..., :q])
    assert not slabs[:, length:].any()
    assert not slabs[..., q:].any()
    single = pack_model(model.fields, model.couplings, single=True)
    slabs = unpacked(single.slabs, q)
    np.testing.assert_array_equal(slabs[:, :length, :, :q], model.couplings.transpose(0, 2, 3, 1))


def test_pairs_of_16_bit_numbers_are_summed_without_loss():
    rows = np.random.default_rng(0).integers(-4095, 4096, (1000, 8, 24))
    rows[0, :, 0], rows[0, :, 1], rows[1, :, 0], rows[1, :, 1] = -4095, 4095, 4095, -4095
    packed = (rows[..., 1::2] * 2**16 + rows[..., ::2]).astype(np.int32)
    np.testing.assert_array_equal(packed_sums(packed), rows.sum(axis=1))


def test_random_numbers_are_threefrys():
    """The first of the published answers of Threefry-2x32 (Salmon et al., SC 2011)."""
    ones = 2**32 - 1
    for word, expected in ((0, 0x6B200159), (ones, 0x1CB996FC)):
        assert threefry([word] * 2, np.array([word]), np.array([word]))[0] == expected
    shares = uniform([1, 2], np.arange(1000)[:, None], np.arange(100))
    assert 0 <= shares.min() < shares.max() < 1
    assert abs(shares.mean() - 0.5) < 5 * (1 / 12 / shares.size) ** 0.5
    assert np.float32(2**24 - 1) * np.float32(2**-24 - 2**-47) < 1


def test_states_are_taken_by_their_weights_and_those_of_none_never():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(1, 24)).astype(np.float32)
    logits[0, [0, 7, 8, 20, 21, 22, 23]] = -np.inf
    p = np.exp(logits[0].astype(float)) / np.exp(logits[0].astype(float)).sum()
    shares = ((np.arange(100_000) + 0.5) / 100_000).astype(np.float32)
    states = choose(np.tile(logits, (len(shares), 1)), shares)
    np.testing.assert_allclose(np.bincount(states, minlength=24) / len(shares), p, atol=2e-5)
    for _ in range(200):
        logits = rng.normal(scale=20, size=(100, 24)).astype(np.float32)
        logits[rng.random(logits.shape) < 0.5] = -np.inf
        logits[:, 11] = 0
        for share in (0.0, (2**24 - 1) * (2**-24 - 2**-47)):
            states = choose(logits, np.full(100, share, np.float32))
            assert (np.exp(logits[np.arange(100), states] - logits.max(axis=1)) > 0).all()


# ---------------------------------------------------------------- how JAX's programs call the kernel


@needs_emulation
def test_a_kernel_that_is_not_loaded_is_an_error_not_a_crash():
    emulated_engine()
    call = jax.ffi.ffi_call(launch.TARGET, jax.ShapeDtypeStruct((4, 3), np.uint8))
    operands = (np.zeros((3, 1, 36), np.int32), np.zeros((3, 8), np.float32), np.zeros((4, 3), np.uint8),
                np.ones(4, np.float32), np.float32(1), np.zeros(2, np.uint32), np.int32(1))  # fmt: skip
    with pytest.raises(Exception, match="the Gibbs kernel is not loaded"):
        jax.block_until_ready(call(*operands, kernel=np.int64(12345)))


@needs_emulation
def test_models_are_swept_at_once_as_they_are_one_by_one():
    engine, chains = emulated_engine(), draw_uniform_chains(60, 7, 5, np.random.default_rng(0)).reshape(3, 20, 7)
    models = [random_potts(7, 5, seed) for seed in range(3)]
    packed, seeds = [engine.prepare(model) for model in models], np.arange(6, dtype=np.uint32).reshape(3, 2)
    stacked = jax.tree.map(lambda *parts: np.stack(parts), *packed)
    at_once = jax.vmap(lambda *of: engine.sweep(*of, 2))(stacked, chains, np.array([0.5, 1.0, 2.0]), seeds)
    for n in range(3):
        alone = engine.sweep(packed[n], chains[n], [0.5, 1.0, 2.0][n], seeds[n], 2)
        np.testing.assert_array_equal(at_once[n], alone)


@needs_emulation
def test_a_training_that_other_processes_leave_no_room_for_is_refused(monkeypatch):
    monkeypatch.setattr(EmulatedCard, "free", 20e9)
    engine = emulated_engine()
    check_training(engine, 700, 21, 10_000)
    with pytest.raises(InputError, match=r"needs 31\.6 GB, but only 20\.0 GB of this card are free"):
        check_training(engine, 1000, 21, 10_000)


# ---------------------------------------------------------------- on a card


@needs_card
def test_free_memory_is_what_is_left_of_the_card():
    engine, before = CudaEngine(), CudaEngine().available_memory()
    held = jax.block_until_ready(jax.numpy.zeros(2**28, jax.numpy.float32))
    assert before - engine.available_memory() == pytest.approx(held.nbytes, rel=0.1)


@needs_card
@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("q", [2, 4, 5, 8, 9, 21, 33, 64])
def test_the_kernel_computes_what_numpy_does(q, single):
    """But for the last digit of an exponential, which decides of few draws."""
    engine, rng = CudaEngine(single), np.random.default_rng(q)
    for length, count, sweeps in ((5, 700, 3), (40, 500, 1), (99, 1500, 1)):
        model = random_potts(length, q, seed=q, scale=0.1)
        allowed = rng.random((length, q)) < 0.7
        allowed[:, 1] = True
        model = model.restrict(allowed)
        chains, betas = draw_uniform_chains(count, length, q, rng), rng.choice([0.0, 0.5, 1.0, 3.0], count)
        packed = engine.prepare(model)
        ours = np.asarray(engine.sweep(packed, chains, betas, 2**40 + 7, sweeps))
        key = np.array([2**8, 7], np.uint32)
        numbers = map(np.asarray, (packed.slabs, packed.padded))
        expected = swept(*numbers, chains, betas.astype(np.float32), np.asarray(packed.unit), key, sweeps, q)
        assert allowed[np.arange(length), ours].all()
        assert (ours != expected).mean() < 1e-3
