"""The rule behind the recommendation: which sampled temperature is chosen, or what stands in the way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from temperance.scoring.names import judge_name
from temperance.temperature.operating_points import (
    LEAST_PERCENTILE,
    NATURAL_PERCENTILE,
    TAU_TRAIN,
    OperatingPoint,
)
from temperance.temperature.rungs import RungScores, lower_bound, mean_and_half


@dataclass(frozen=True)
class Choice:
    """Which sampled temperature is chosen, or what stands in the way.

    Attributes
    ----------
    rung : int or None
        Its index.
    obstacle, remedy : str
        Why none is, and what would help.
    fallback : int
        The temperature that misses least.
    """

    rung: int | None
    obstacle: str = ""
    remedy: str = ""
    fallback: int = 0


def quality_limit(own: Sequence[OperatingPoint], pooled: Sequence[OperatingPoint]) -> tuple[float, OperatingPoint]:
    """Find the temperature up to which samples are as good as natural sequences by every criterion that decides.

    Returns
    -------
    float, OperatingPoint
        The least limit of the deciding points, of the model to be sampled and of all training sets together; and the
        point that sets it.
    """
    deciding = [point for point in (*own, *pooled) if point.bounds]
    least = min(deciding, key=lambda point: point.limit)
    return least.limit, least


def choose_rung(
    rungs: RungScores, own: Sequence[OperatingPoint], pooled: Sequence[OperatingPoint], floors: tuple[float, float]
) -> Choice:
    """Choose the coldest rung that meets the floors and whose samples are as good as natural sequences.

    Parameters
    ----------
    rungs : RungScores
        Of the model to be sampled.
    own, pooled : sequence of OperatingPoint
        Of that model, and of all training sets together.
    floors : (float, float)
        Novelty and diversity.

    Returns
    -------
    Choice
        Never an edge of the ladder, nor a temperature that is not equilibrated.
    """
    sound = rungs.equilibrated
    if not sound.any():
        return Choice(
            None,
            "no temperature was equilibrated, so the samples do not show what the model is like.",
            "Raise train.l2_couplings, which makes a model easier to sample, or sample.max_sweeps.",
            _fallback(rungs),
        )
    if obstacle := _unknown_quality(rungs, own):
        return obstacle
    limit, by = quality_limit(own, pooled)
    good = sound & (rungs.temperatures <= limit) & as_natural(rungs, own)
    if not good.any():
        return _nothing_good(rungs, own, limit, by)
    new, varied = rungs.meets(*floors)
    able = np.flatnonzero(good & new & varied)
    if not len(able):
        return _floors_too_high(rungs, good, limit, by, floors, new, varied)
    return _off_edges(rungs, int(able[0]))


def _off_edges(rungs: RungScores, first: int) -> Choice:
    """Refuse the edges of the ladder, beyond which nothing is known."""
    last = len(rungs.temperatures) - 1
    if first == 0:
        coldest = rungs.temperatures[0]
        return Choice(
            None,
            f"even at τ = {coldest:.3g}, the coldest temperature sampled, samples meet your floors, so the coldest "
            "that does is not known.",
            f"Add temperatures below {coldest:.3g} to sample.temperatures, or raise optimum.novelty_floor or "
            "optimum.diversity_floor.",
            first,
        )
    if first == last:
        return Choice(
            None,
            f"only τ = {rungs.temperatures[last]:.3g}, the hottest temperature sampled, meets your floors.",
            "Add hotter temperatures to sample.temperatures, or lower optimum.novelty_floor or "
            "optimum.diversity_floor.",
            first,
        )
    return Choice(first, fallback=first)


def _training_point(own: Sequence[OperatingPoint]) -> OperatingPoint | None:
    return next((point for point in own if point.name == TAU_TRAIN), None)


def _unknown_quality(rungs: RungScores, own: Sequence[OperatingPoint]) -> Choice | None:
    """Without a known tau_train nothing says up to where samples are as good as natural sequences."""
    train = _training_point(own)
    coldest = rungs.temperatures[rungs.equilibrated].min()
    if train is not None and train.value == 0:
        return Choice(
            None,
            "training sequences have lower energies than the samples of every temperature, so no sample is as good as "
            "they are.",
            f"Add temperatures below {rungs.temperatures[0]:.3g} to sample.temperatures.",
            _fallback(rungs, 0.0),
        )
    if train is not None and train.value == np.inf:
        return Choice(
            None,
            "training sequences have higher energies under the model than random sequences: it is not a model of them.",
            "See whether the model is one of this family, with the same columns and states.",
            _fallback(rungs),
        )
    if train is None or np.isnan(train.value):
        return Choice(
            None,
            "the temperature at which samples have the mean energy of the training sequences (τ_train) is not known.",
            "Widen sample.temperatures.",
            _fallback(rungs),
        )
    if train.value < coldest:
        return Choice(
            None,
            f"samples are as good as natural sequences up to τ = {train.value:.2f} (τ_train), and samples are "
            f"equilibrated only from τ = {coldest:.3g} up.",
            "Raise train.l2_couplings, which makes a model easier to sample, or sample.max_sweeps.",
            _fallback(rungs, train.value),
        )
    return None


def as_natural(rungs: RungScores, own: Sequence[OperatingPoint]) -> np.ndarray:
    """Tell at which temperatures (T,) no judge that decides finds samples less natural than natural sequences.

    A judge does if their mean percentile is below `LEAST_PERCENTILE` for certain.
    """
    good = np.ones(len(rungs.temperatures), bool)
    for point in own:
        name = point.name.removeprefix("tau_")
        if point.decides and name in rungs.percentiles:
            mean, half = mean_and_half(rungs.percentiles[name])
            good &= ~(mean + half < LEAST_PERCENTILE)
    return good


def _nothing_good(rungs: RungScores, own: Sequence[OperatingPoint], limit: float, by: OperatingPoint) -> Choice:
    """Say what is wrong with the samples of every equilibrated temperature."""
    coldest = rungs.temperatures[rungs.equilibrated].min()
    colder = (
        f"Add temperatures below {coldest:.3g} to sample.temperatures; if they are not equilibrated, raise "
        "train.l2_couplings."
    )
    cold_enough = rungs.equilibrated & (rungs.temperatures <= limit)
    refusing = [point for point in own if not as_natural(rungs, [point])[cold_enough].all()]
    judge = (refusing[0] if refusing else by).name.removeprefix("tau_")
    up_to = f"samples are as good as natural sequences up to τ = {limit:.2f} at most ({describe(by)})"
    if not cold_enough.any() and (limit > 0 or judge not in rungs.percentiles):
        return Choice(
            None,
            f"{up_to}, and no equilibrated temperature is as cold as that; the coldest is {coldest:.3g}.",
            colder,
            _fallback(rungs, limit),
        )
    percentiles = mean_and_half(rungs.percentiles[judge])[0]
    candidates = (cold_enough if cold_enough.any() else rungs.equilibrated) & np.isfinite(percentiles)
    best = int(np.where(candidates, percentiles, -np.inf).argmax())
    places = (
        f"At best, at τ = {rungs.temperatures[best]:.3g}, it places them at percentile {percentiles[best]:.0f}, and "
        f"natural sequences at {NATURAL_PERCENTILE:.0f}."
    )
    obstacle = (
        f"{up_to}, and at none up to there by {judge_name(judge)}. {places}"
        if cold_enough.any()
        else f"at no equilibrated temperature are samples shown to be as natural as natural sequences by "
        f"{judge_name(judge)}. {places}"
    )
    if rungs.temperatures[best] == coldest:
        return Choice(None, obstacle, colder, _fallback(rungs, limit))
    train = _training_point(own)
    return Choice(
        None,
        obstacle,
        "Colder samples are no more natural to it. Models of cleaner (filter) or of more sequences may do better.",
        _fallback(rungs, train.value if train else 1.0),
    )


def _floors_too_high(
    rungs: RungScores, good: np.ndarray, limit: float, by: OperatingPoint, floors: tuple[float, float],
    new: np.ndarray, varied: np.ndarray,
) -> Choice:  # fmt: skip
    """Name the floors that no temperature meets at which samples are as good as natural sequences."""
    # The hottest of the good temperatures is the newest and most varied of them, and what the floors would have to be.
    best = int(np.flatnonzero(good)[-1])
    keys = {
        "novelty": ("optimum.novelty_floor", floors[0], new, lower_bound(rungs.novelty)),
        "diversity": ("optimum.diversity_floor", floors[1], varied, lower_bound(rungs.diversity)),
    }
    missed = {name: entry for name, entry in keys.items() if not entry[2][best]}
    sound = rungs.equilibrated
    parts, remedies = [], []
    for name, (key, floor, met, values) in (missed or keys).items():
        above = rungs.temperatures[sound & met]
        reached = max(float(np.floor(100 * values[best] - 1e-9) / 100), 0.0)
        where = f"is met from τ = {above.min():.3g} up only" if len(above) else "is met at no equilibrated temperature"
        parts.append(f"your {name} floor of {floor:g} {where}")
        remedies.append(f"{key} to {reached:g}")
    return Choice(
        None,
        f"{' and '.join(parts)}, and samples are as good as natural sequences up to τ = {limit:.2f} at most "
        f"({describe(by)}). Lower {' and '.join(remedies)} or less.",
        f"At τ = {rungs.temperatures[best]:.3g} samples have a novelty of {rungs.novelty[best].mean():.2f} and "
        f"{rungs.diversity[best].mean():.2f} of the natural diversity.",
        best,
    )


def _fallback(rungs: RungScores, limit: float = 1.0) -> int:
    """Choose the sampled temperature that misses least: the equilibrated one nearest to a temperature."""
    sound = np.flatnonzero(rungs.equilibrated)
    some = sound if len(sound) else np.arange(len(rungs.temperatures))
    return int(some[np.argmin(np.abs(np.log(rungs.temperatures[some] / max(limit, 1e-9))))])


def describe(point: OperatingPoint) -> str:
    """Say what an operating point is, with its interval."""
    what = {
        "tau_train": "τ_train, where samples have the mean energy of the training sequences",
        "tau_f": "τ_f, where samples have the mean energy of held-out sequences",
    }.get(point.name, f"up to where {judge_name(point.name.removeprefix('tau_'))} finds them as natural")
    return f"{what}: {point.value:.2f}, {point.low:.2f} to {point.high:.2f}"
