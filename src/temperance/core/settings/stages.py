"""What each stage reads of a family's settings: a rule is run anew where one of these has changed, and for no other."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field

from temperance.core.settings.alignment import FetchSettings, FilterSettings, HeldoutSettings, SearchSettings
from temperance.core.settings.design import ConstraintSettings, DesignSettings, StructureSettings
from temperance.core.settings.scoring import JudgeSettings
from temperance.core.settings.section import Section
from temperance.core.settings.training import AnnealingSettings, SampleSettings, TrainSettings
from temperance.core.settings.truths import Truth


def setting(key: str) -> Any:
    """Declare the key of the configuration that a field is read from, where that is not its name.

    Parameters
    ----------
    key : str
        As in `optimum.bootstrap`.

    Returns
    -------
    pydantic.fields.FieldInfo
    """
    return Field(json_schema_extra={"key": key})


class StageSettings(Section):
    """What a stage reads of a family's settings."""

    @classmethod
    def of(cls, family: Mapping[str, Any]) -> Self:
        """Select the stage's settings.

        Parameters
        ----------
        family : mapping
            Every setting of a family, by section.

        Returns
        -------
        StageSettings
        """
        return cls.model_validate({name: _at(family, key) for name, key in cls._keys().items()})

    def configured(self) -> dict[str, Any]:
        """Return the settings as they stand in a configuration.

        Returns
        -------
        dict
            By section, as plain values.
        """
        sections: dict[str, Any] = {}
        values = self.model_dump()
        for name, key in self._keys().items():
            section, _, last = key.rpartition(".")
            (sections.setdefault(section, {}) if section else sections)[last] = values[name]
        return sections

    @classmethod
    def _keys(cls) -> dict[str, str]:
        """Map fields to keys of the configuration."""
        extras = {name: field.json_schema_extra for name, field in cls.model_fields.items()}
        return {name: str(extra["key"]) if isinstance(extra, dict) else name for name, extra in extras.items()}


def _at(settings: Mapping[str, Any], key: str) -> Any:
    section, _, last = key.rpartition(".")
    return (settings[section] if section else settings).get(last)


class FetchStage(StageSettings):
    """Of `fetch`."""

    pfam: str | None
    interpro: str | None
    fetch: FetchSettings


class SearchStage(StageSettings):
    """Of `search`."""

    search: SearchSettings
    alphabet: str


class TruthStage(StageSettings):
    """Of `truth`."""

    truth: Truth
    alphabet: str


class IngestStage(StageSettings):
    """Of `ingest`."""

    alphabet: str
    ambiguous: Literal["gap", "drop", "error"]
    filter: FilterSettings
    identity: float | None = setting("weights.identity")


class SplitStage(StageSettings):
    """Of `split`."""

    heldout: HeldoutSettings
    identity: float | None = setting("weights.identity")


class SubsampleStage(StageSettings):
    """Of `subsample`."""

    identity: float | None = setting("weights.identity")


class TrainStage(StageSettings):
    """Of `train` and `train_together`."""

    train: TrainSettings


class SampleStage(StageSettings):
    """Of `sample`."""

    sample: SampleSettings


class ThermodynamicsStage(StageSettings):
    """Of `thermodynamics`."""

    bootstrap: int = setting("optimum.bootstrap")
    annealing: AnnealingSettings
    max_rhat: float = setting("sample.max_rhat")


class ScoreStage(StageSettings):
    """Of `score`."""

    fidelity: str = setting("optimum.fidelity")
    folding: bool = setting("optimum.folding")
    bootstrap: int = setting("optimum.bootstrap")
    judges: dict[str, JudgeSettings]


class CompareStage(StageSettings):
    """Of `compare`."""

    train: TrainSettings
    sample: SampleSettings
    judges: dict[str, JudgeSettings]
    fidelity: str = setting("optimum.fidelity")
    folding: bool = setting("optimum.folding")
    bootstrap: int = setting("optimum.bootstrap")
    novelty_floor: float = setting("optimum.novelty_floor")
    diversity_floor: float = setting("optimum.diversity_floor")


class OptimumStage(StageSettings):
    """Of `optimum`."""

    novelty_floor: float = setting("optimum.novelty_floor")
    diversity_floor: float = setting("optimum.diversity_floor")
    bootstrap: int = setting("optimum.bootstrap")


class ConstrainStage(StageSettings):
    """Of `constrain`."""

    constraints: ConstraintSettings


class DesignStage(StageSettings):
    """Of `design`."""

    sample: SampleSettings
    fidelity: str = setting("optimum.fidelity")
    folding: bool = setting("optimum.folding")
    novelty_floor: float = setting("optimum.novelty_floor")
    judges: dict[str, JudgeSettings]
    design: DesignSettings


class PredictStage(StageSettings):
    """Of `predict`."""

    structure: StructureSettings
    bootstrap: int = setting("optimum.bootstrap")


STAGES: dict[str, type[StageSettings]] = {
    "fetch": FetchStage, "search": SearchStage, "truth": TruthStage, "ingest": IngestStage, "split": SplitStage,
    "subsample": SubsampleStage, "train": TrainStage, "sample": SampleStage, "thermodynamics": ThermodynamicsStage,
    "score": ScoreStage, "compare": CompareStage, "optimum": OptimumStage, "constrain": ConstrainStage,
    "design": DesignStage, "predict": PredictStage,
}  # fmt: skip
