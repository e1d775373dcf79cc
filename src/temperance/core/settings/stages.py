"""Settings that each stage reads: a job is repeated if one of these has changed, and no other."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field

from temperance.core.settings.alignment import FetchSettings, FilterSettings, HeldoutSettings, SearchSettings
from temperance.core.settings.design import ConstraintSettings, DesignSettings, MeasuredSettings, StructureSettings
from temperance.core.settings.scoring import JudgeSettings
from temperance.core.settings.section import Section
from temperance.core.settings.training import AnnealingSettings, SampleSettings, TrainSettings
from temperance.core.settings.truths import Truth


def setting(key: str) -> Any:
    """Declare the key of the configuration from which a field is read, where it is not the field's name.

    Parameters
    ----------
    key : str
        Key with dots between sections, such as `optimum.bootstrap`.

    Returns
    -------
    pydantic.fields.FieldInfo
        Field without a default.
    """
    return Field(json_schema_extra={"key": key})


class StageSettings(Section):
    """Settings that one stage reads."""

    @classmethod
    def of(cls, family: Mapping[str, Any] | Section) -> Self:
        """Select the settings that the stage reads.

        Parameters
        ----------
        family : FamilySettings or mapping
            Every setting of a family, or those that the stage reads, by section.

        Returns
        -------
        StageSettings
            The settings of this stage.
        """
        return cls.model_validate({name: _value_of(family, key) for name, key in cls._keys().items()})

    def configured(self) -> dict[str, Any]:
        """Return the stage's settings as a nested dictionary, as a configuration file has them.

        Returns
        -------
        dict
            Section -> key -> plain value.
        """
        sections: dict[str, Any] = {}
        values = self.model_dump()
        for name, key in self._keys().items():
            section, _, option = key.rpartition(".")
            (sections.setdefault(section, {}) if section else sections)[option] = values[name]
        return sections

    @classmethod
    def _keys(cls) -> dict[str, str]:
        """Map the names of fields to keys of the configuration."""
        extras = {name: field.json_schema_extra for name, field in cls.model_fields.items()}
        return {name: str(extra["key"]) if isinstance(extra, dict) else name for name, extra in extras.items()}


def _value_of(settings: Mapping[str, Any] | Section, key: str) -> Any:
    """Find the value of a dotted key."""
    value: Any = settings
    for name in key.split("."):
        value = value.get(name) if isinstance(value, Mapping) else getattr(value, name)
    return value


class FetchStage(StageSettings):
    """Settings that `fetch` reads."""

    pfam: str | None
    interpro: str | None
    fetch: FetchSettings


class SearchStage(StageSettings):
    """Settings that `search` reads."""

    search: SearchSettings
    alphabet: str


class TruthStage(StageSettings):
    """Settings that `truth` reads."""

    truth: Truth
    alphabet: str


class IngestStage(StageSettings):
    """Settings that `ingest` reads."""

    alphabet: str
    ambiguous: Literal["gap", "drop", "error"]
    filter: FilterSettings
    identity: float | None = setting("weights.identity")


class SplitStage(StageSettings):
    """Settings that `split` reads."""

    heldout: HeldoutSettings
    identity: float | None = setting("weights.identity")


class SubsampleStage(StageSettings):
    """Settings that `subsample` reads."""

    identity: float | None = setting("weights.identity")


class TrainStage(StageSettings):
    """Settings that `train` and `train_together` read."""

    train: TrainSettings


class SampleStage(StageSettings):
    """Settings that `sample` reads."""

    sample: SampleSettings


class ThermodynamicsStage(StageSettings):
    """Settings that `thermodynamics` reads."""

    bootstrap: int = setting("optimum.bootstrap")
    annealing: AnnealingSettings
    max_rhat: float = setting("sample.max_rhat")


class ScoreStage(StageSettings):
    """Settings that `score` reads."""

    fidelity: str = setting("optimum.fidelity")
    folding: bool = setting("optimum.folding")
    bootstrap: int = setting("optimum.bootstrap")
    judges: dict[str, JudgeSettings]


class CompareStage(StageSettings):
    """Settings that `compare` reads."""

    train: TrainSettings
    sample: SampleSettings
    judges: dict[str, JudgeSettings]
    fidelity: str = setting("optimum.fidelity")
    folding: bool = setting("optimum.folding")
    bootstrap: int = setting("optimum.bootstrap")
    novelty_floor: float = setting("optimum.novelty_floor")
    diversity_floor: float = setting("optimum.diversity_floor")


class OptimumStage(StageSettings):
    """Settings that `optimum` reads."""

    novelty_floor: float = setting("optimum.novelty_floor")
    diversity_floor: float = setting("optimum.diversity_floor")
    bootstrap: int = setting("optimum.bootstrap")


class ConstrainStage(StageSettings):
    """Settings that `constrain` reads."""

    constraints: ConstraintSettings


class DesignStage(StageSettings):
    """Settings that `design` reads."""

    sample: SampleSettings
    fidelity: str = setting("optimum.fidelity")
    folding: bool = setting("optimum.folding")
    novelty_floor: float = setting("optimum.novelty_floor")
    judges: dict[str, JudgeSettings]
    design: DesignSettings


class MeasuredStage(StageSettings):
    """Settings that `measured` reads."""

    measured: MeasuredSettings
    judges: dict[str, JudgeSettings]
    folding: bool = setting("optimum.folding")
    bootstrap: int = setting("optimum.bootstrap")
    novelty_floor: float = setting("optimum.novelty_floor")
    number: int = setting("design.number")


class FeedbackStage(StageSettings):
    """Settings that `feedback` reads."""

    train: TrainSettings
    identity: float | None = setting("weights.identity")
    bootstrap: int = setting("optimum.bootstrap")
    feedback: Literal["auto"] | float = setting("measured.feedback")


class PredictStage(StageSettings):
    """Settings that `predict` reads."""

    structure: StructureSettings
    bootstrap: int = setting("optimum.bootstrap")


STAGES: dict[str, type[StageSettings]] = {
    "fetch": FetchStage, "search": SearchStage, "truth": TruthStage, "ingest": IngestStage, "split": SplitStage,
    "subsample": SubsampleStage, "train": TrainStage, "sample": SampleStage, "thermodynamics": ThermodynamicsStage,
    "score": ScoreStage, "compare": CompareStage, "optimum": OptimumStage, "constrain": ConstrainStage,
    "design": DesignStage, "measured": MeasuredStage, "feedback": FeedbackStage, "predict": PredictStage,
}  # fmt: skip
