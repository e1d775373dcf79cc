"""The rule behind the recommendation: the sampled temperature that is chosen, or the obstacle to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from temperance.core.words import join_words
from temperance.scoring.names import judge_name
from temperance.stats.estimate import format_temperatures
from temperance.temperature.operating_points import (
    LEAST_PERCENTILE,
    NATURAL_PERCENTILE,
    TAU_TRAIN,
    OperatingPoint,
)
from temperance.temperature.rungs import RungScores, lower_bound, mean_and_half


@dataclass(frozen=True)
class Choice:
    """A sampled temperature that is chosen, or the obstacle to it.

    Attributes
    ----------
    rung : int or None
        Its index.
    obstacle, remedy : str
        Why none is, and what would help.
    fallback : int
        The temperature whose samples come closest to what the user asks for.
    """

    rung: int | None
    obstacle: str = ""
    remedy: str = ""
    fallback: int = 0


def strictest_point(points: Iterable[OperatingPoint]) -> OperatingPoint | None:
    """Find the deciding operating point of the lowest limit: up to it samples are as good as natural sequences by all.

    Parameters
    ----------
    points : iterable of OperatingPoint
        Of a model or of a family.

    Returns
    -------
    OperatingPoint or None
        None where no point with a finite value decides.
    """
    return min((point for point in points if point.bounds), key=lambda point: point.limit, default=None)


def choose_rung(
    rungs: RungScores, points: Sequence[OperatingPoint], pooled: Sequence[OperatingPoint], floors: tuple[float, float]
) -> Choice:
    """Choose the coldest rung that meets the floors and whose samples are as good as natural sequences.

    Parameters
    ----------
    rungs : RungScores
        Of the model to be sampled.
    points, pooled : sequence of OperatingPoint
        Of that model, and of all training sets together.
    floors : (float, float)
        Novelty and diversity.

    Returns
    -------
    Choice
        Never an edge of the ladder, nor a temperature that is not equilibrated.
    """
    equilibrated = rungs.equilibrated
    if not equilibrated.any():
        return Choice(
            None,
            "no temperature was equilibrated, so the samples do not show what the model is like.",
            "Raise train.l2_couplings, which makes a model easier to sample, or sample.max_sweeps.",
            _find_nearest(rungs),
        )
    if obstacle := _explain_unknown_quality(rungs, points):
        return obstacle
    strictest = strictest_point((*points, *pooled))
    assert strictest is not None, "tau_train is known, and decides"
    limit = strictest.limit
    natural = equilibrated & (rungs.temperatures <= limit) & as_natural(rungs, points)
    if not natural.any():
        return _explain_unnatural(rungs, points, limit, strictest, floors)
    novel, varied = rungs.meets(*floors)
    candidates = np.flatnonzero(natural & novel & varied)
    if not len(candidates):
        return _explain_floors(rungs, natural, limit, strictest, floors, novel, varied)
    return _refuse_edges(rungs, int(candidates[0]))


def _refuse_edges(rungs: RungScores, coldest_able: int) -> Choice:
    """Refuse the edges of the ladder, beyond which nothing is known."""
    last = len(rungs.temperatures) - 1
    if coldest_able == 0:
        coldest = rungs.temperatures[0]
        return Choice(
            None,
            f"samples meet your floors even at τ = {coldest:.3g}, the coldest temperature sampled, so the coldest that "
            "meets them is not known.",
            f"Add temperatures below {coldest:.3g} to sample.temperatures, or raise optimum.novelty_floor or "
            "optimum.diversity_floor.",
            coldest_able,
        )
    if coldest_able == last:
        return Choice(
            None,
            f"only τ = {rungs.temperatures[last]:.3g}, the hottest temperature sampled, meets your floors.",
            "Add hotter temperatures to sample.temperatures, or lower optimum.novelty_floor or "
            "optimum.diversity_floor.",
            coldest_able,
        )
    return Choice(coldest_able, fallback=coldest_able)


def _find_training_point(points: Sequence[OperatingPoint]) -> OperatingPoint | None:
    return next((point for point in points if point.name == TAU_TRAIN), None)


def _explain_unknown_quality(rungs: RungScores, points: Sequence[OperatingPoint]) -> Choice | None:
    """Explain that without a known tau_train the temperature up to which samples are natural is unknown, too."""
    train = _find_training_point(points)
    coldest = rungs.temperatures[rungs.equilibrated].min()
    if train is not None and train.value == 0:
        return Choice(
            None,
            "training sequences have lower energies than the samples of every temperature, so no sample is as good as "
            "they are.",
            f"Add temperatures below {rungs.temperatures[0]:.3g} to sample.temperatures.",
            _find_nearest(rungs, 0.0),
        )
    if train is not None and train.value == np.inf:
        return Choice(
            None,
            "training sequences have higher energies under the model than random sequences: it is not a model of them.",
            "Check that the model is one of this family, with the same columns and states.",
            _find_nearest(rungs),
        )
    if train is None or np.isnan(train.value):
        return Choice(
            None,
            "the temperature at which samples have the mean energy of the training sequences (τ_train) is not known.",
            "Widen sample.temperatures.",
            _find_nearest(rungs),
        )
    if train.value < coldest:
        return Choice(
            None,
            f"samples are as good as natural sequences up to τ = {train.value:.2f} (τ_train), but they are "
            f"equilibrated only at τ = {coldest:.3g} and above.",
            "Raise train.l2_couplings, which makes a model easier to sample, or sample.max_sweeps.",
            _find_nearest(rungs, train.value),
        )
    return None


def as_natural(rungs: RungScores, points: Sequence[OperatingPoint]) -> np.ndarray:
    """Tell at which temperatures no judge that decides finds samples less natural than natural sequences.

    A judge does if their mean percentile is below `LEAST_PERCENTILE` for certain.

    Parameters
    ----------
    rungs : RungScores
        Mean percentiles by each judge.
    points : sequence of OperatingPoint
        Tell which judges decide.

    Returns
    -------
    np.ndarray
        (T,) bool.
    """
    natural = np.ones(len(rungs.temperatures), bool)
    for point in points:
        name = point.name.removeprefix("tau_")
        if point.decides and name in rungs.percentiles:
            mean, half = mean_and_half(rungs.percentiles[name])
            natural &= ~(mean + half < LEAST_PERCENTILE)
    return natural


def _explain_unnatural(
    rungs: RungScores,
    points: Sequence[OperatingPoint],
    limit: float,
    strictest: OperatingPoint,
    floors: tuple[float, float],
) -> Choice:
    """Say what is wrong with the samples of every equilibrated temperature."""
    coldest = rungs.temperatures[rungs.equilibrated].min()
    cold_enough = rungs.equilibrated & (rungs.temperatures <= limit)
    up_to = f"samples are as good as natural sequences up to τ = {limit:.2f} at most ({_describe_limit(strictest)})"
    if not cold_enough.any() and limit > 0:
        return Choice(
            None,
            f"{up_to}, but no equilibrated temperature is as cold as that; the coldest is {coldest:.3g}.",
            _suggest_colder(rungs),
            _find_nearest(rungs, limit),
        )
    if not cold_enough.any() and strictest.name == TAU_TRAIN:
        return Choice(
            None,
            f"samples are as good as natural sequences up to {describe(strictest)}, which lies where they are not "
            "equilibrated.",
            "Raise train.l2_couplings, which makes a model easier to sample, or sample.max_sweeps.",
            _find_nearest(rungs, strictest.value),
        )
    candidates = cold_enough if cold_enough.any() else rungs.equilibrated
    if cold_enough.any():
        # Where each judge is content somewhere, but not all are at one temperature, all that refuse one are named.
        judged = [
            (name, as_natural(rungs, [point])[candidates]) for name, point in _list_deciding_judges(rungs, points)
        ]
        always_refusing = [name for name, natural in judged if not natural.any()]
        refusing = always_refusing or [name for name, natural in judged if not natural.all()]
    else:
        refusing = [name for name, point in _list_deciding_judges(rungs, points) if point.limit == 0]
    refusing = refusing or [strictest.name.removeprefix("tau_")]
    names = join_words([judge_name(name) for name in refusing])
    location = f"{up_to}, but at no temperature up to there" if cold_enough.any() else "at no equilibrated temperature"
    obstacle = (
        f"{location} are samples rated as natural as natural sequences by {names}. "
        f"{_report_percentiles(rungs, refusing, candidates)}"
    )
    novel, varied = rungs.meets(*floors)
    for name, floor, met in (("novelty", floors[0], novel), ("diversity", floors[1], varied)):
        met_temperatures = rungs.temperatures[rungs.equilibrated & met]
        if len(met_temperatures) and met_temperatures.min() > coldest:
            obstacle += f" Your {name} floor of {floor:g} is met only at τ = {met_temperatures.min():.3g} and above."
    return Choice(None, obstacle, _suggest_natural_models(rungs, refusing), _find_least_missing(rungs, points, floors))


def _list_deciding_judges(rungs: RungScores, points: Sequence[OperatingPoint]) -> list[tuple[str, OperatingPoint]]:
    named = [(point.name.removeprefix("tau_"), point) for point in points]
    return [(name, point) for name, point in named if point.decides and name in rungs.percentiles]


def _is_certainly_natural(rungs: RungScores, judge: str) -> np.ndarray:
    """Tell at which temperatures (T,) the mean percentile is `LEAST_PERCENTILE` or more with its error."""
    return lower_bound(rungs.percentiles[judge]) >= LEAST_PERCENTILE


def _report_percentiles(rungs: RungScores, judges: Sequence[str], candidates: np.ndarray) -> str:
    """Say how high judges place the samples at best, among temperatures (T,) that are candidates."""
    best = []
    for name in judges:
        means = np.where(candidates, mean_and_half(rungs.percentiles[name])[0], np.nan)
        rung = int(np.nanargmax(means))
        best.append(f"at percentile {means[rung]:.0f} (at τ = {rungs.temperatures[rung]:.3g})")
    subject = "it places" if len(judges) == 1 else "they place"
    return f"At best {subject} them {join_words(best)}, and natural sequences at {NATURAL_PERCENTILE:.0f}."


def _suggest_natural_models(rungs: RungScores, judges: Sequence[str]) -> str:
    """Say what may lead to samples that judges find natural: colder ones, if those promise to be, or other models."""
    coldest = int(np.flatnonzero(rungs.equilibrated)[0])
    if coldest > 0:
        if all(_is_certainly_natural(rungs, name)[:coldest].any() for name in judges):
            return _suggest_colder(rungs)
        return (
            f"Colder samples, down to τ = {rungs.temperatures[0]:.3g}, are not equilibrated, and do not look natural "
            f"either. {_OTHER_MODELS}"
        )
    means = [np.where(rungs.equilibrated, mean_and_half(rungs.percentiles[name])[0], -np.inf) for name in judges]
    if all(values.argmax() == coldest for values in means):
        return _suggest_colder(rungs)
    return f"Colder samples are no more natural. {_OTHER_MODELS}"


# What may help where no temperature does.
_OTHER_MODELS = (
    "A model trained on cleaner sequences (filter), on more of them, or with another train.l2_couplings may do better; "
    "a judge that should not decide can be left out."
)


def _suggest_colder(rungs: RungScores) -> str:
    """Say how to come by equilibrated samples that are colder than all others."""
    if rungs.equilibrated[0]:
        return f"Add temperatures below {rungs.temperatures[0]:.3g} to sample.temperatures."
    coldest = rungs.temperatures[rungs.equilibrated].min()
    return (
        f"Temperatures below {coldest:.3g} were sampled, but are not equilibrated: raise sample.max_sweeps, or "
        "train.l2_couplings, which makes a model easier to sample and a little less like its family."
    )


def _find_least_missing(rungs: RungScores, points: Sequence[OperatingPoint], floors: tuple[float, float]) -> int:
    """Choose the equilibrated temperature whose samples come closest to the floors and to being natural.

    What is missed counts as a share of what is asked for: of each floor, of the natural percentile by each judge that
    decides, and of a temperature above τ_train the part above it.
    """
    requirements = [(rungs.novelty, floors[0]), (rungs.diversity, floors[1])]
    requirements += [(rungs.percentiles[name], NATURAL_PERCENTILE) for name, _ in _list_deciding_judges(rungs, points)]
    train = _find_training_point(points)
    shortfall = np.clip(1 - train.value / rungs.temperatures, 0, None) if train else np.zeros(len(rungs.temperatures))
    for values, least in requirements:
        shortfall += np.clip(1 - mean_and_half(values)[0] / max(least, 1e-9), 0, None)
    return int(np.nanargmin(np.where(rungs.equilibrated, shortfall, np.inf)))


def _explain_floors(
    rungs: RungScores, natural: np.ndarray, limit: float, strictest: OperatingPoint, floors: tuple[float, float],
    novel: np.ndarray, varied: np.ndarray,
) -> Choice:  # fmt: skip
    """Name the floors that no temperature meets at which samples are as good as natural sequences."""
    # The hottest of the good temperatures is the newest and most varied of them, and what the floors would have to be.
    best = int(np.flatnonzero(natural)[-1])
    keys = {
        "novelty": ("optimum.novelty_floor", floors[0], novel, lower_bound(rungs.novelty)),
        "diversity": ("optimum.diversity_floor", floors[1], varied, lower_bound(rungs.diversity)),
    }
    unmet = {name: entry for name, entry in keys.items() if not entry[2][best]}
    equilibrated = rungs.equilibrated
    parts, remedies = [], []
    for name, (key, floor, met, values) in (unmet or keys).items():
        reached = max(float(np.floor(100 * values[best] - 1e-9) / 100), 0.0)
        floor_text = _describe_where(rungs.temperatures[equilibrated], met[equilibrated])
        parts.append(f"your {name} floor of {floor:g} {floor_text}")
        remedies.append(f"{key} to {reached:g}")
    return Choice(
        None,
        f"{' and '.join(parts)}, but samples are as good as natural sequences up to τ = {limit:.2f} at most "
        f"({_describe_limit(strictest)}). Lower {' and '.join(remedies)} or less.",
        f"At τ = {rungs.temperatures[best]:.3g} samples have a novelty of {rungs.novelty[best].mean():.2f} and "
        f"{rungs.diversity[best].mean():.2f} of the natural diversity.",
        best,
    )


def _describe_where(temperatures: np.ndarray, met: np.ndarray) -> str:
    """Say at which of ascending temperatures (T,) a floor is met."""
    if not met.any():
        return "is met at no equilibrated temperature"
    coldest = temperatures[met].min()
    if met[temperatures >= coldest].all():
        return f"is met only at τ = {coldest:.3g} and above"
    return f"is met only at τ = {join_words([f'{temperature:.3g}' for temperature in temperatures[met]])}"


def _find_nearest(rungs: RungScores, limit: float = 1.0) -> int:
    """Choose the sampled temperature nearest to another one, an equilibrated one if there is any."""
    equilibrated = np.flatnonzero(rungs.equilibrated)
    candidates = equilibrated if len(equilibrated) else np.arange(len(rungs.temperatures))
    return int(candidates[np.argmin(np.abs(np.log(rungs.temperatures[candidates] / max(limit, 1e-9))))])


def describe(point: OperatingPoint) -> str:
    """Describe an operating point in words, with its value and interval.

    Parameters
    ----------
    point : OperatingPoint
        tau_train, tau_f or that of a judge.

    Returns
    -------
    str
    """
    meaning = {
        "tau_train": "τ_train, where samples have the mean energy of the training sequences",
        "tau_f": "τ_f, where samples have the mean energy of held-out sequences",
    }.get(point.name, f"the limit by {judge_name(point.name.removeprefix('tau_'))}")
    return f"{meaning}: {point.value:.2f}, {format_temperatures(point.low, point.high)}"


def _describe_limit(point: OperatingPoint) -> str:
    """Describe an operating point in words and, where its limit is no end of its interval, what the limit means."""
    if point.limit == point.low:
        return describe(point)
    return (
        f"{describe(point)}; at {point.limit:.2f} samples are certainly at percentile {LEAST_PERCENTILE:.0f} or above, "
        f"where {NATURAL_PERCENTILE:.0f} is natural"
    )
