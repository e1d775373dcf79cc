"""Base class of the sections of the configuration, and types of numbers with bounds."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

import pydantic
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from temperance.core.errors import InputError
from temperance.core.settings.explanation import explain


def _refuse_truth_value(value: Any) -> Any:
    """Reject true and false, which Python would take for 1 and 0."""
    if isinstance(value, bool):
        raise PydanticCustomError("truth_value", "no number")
    return value


def _refuse_overflow(value: int) -> int:
    """Reject whole numbers that neither arrays nor floats hold."""
    if abs(value) >= 1 << 63:
        raise PydanticCustomError("overflow", "too large")
    return value


Whole = Annotated[int, BeforeValidator(_refuse_truth_value), AfterValidator(_refuse_overflow)]
Number = Annotated[float, BeforeValidator(_refuse_truth_value)]
Count = Annotated[Whole, Field(ge=1)]
Positive = Annotated[Number, Field(gt=0)]
NotNegative = Annotated[Number, Field(ge=0)]
Share = Annotated[Number, Field(ge=0, le=1)]


def _check_unique(values: list[Any]) -> list[Any]:
    # Numbers as tables and names of folders have them.
    if len({f"{value:.6g}" if isinstance(value, float) else value for value in values}) < len(values):
        raise PydanticCustomError("repeated", "an entry is repeated")
    return values


Unique = AfterValidator(_check_unique)


class Section(BaseModel):
    """A section of the configuration; the text below each setting is its description in the documentation.

    Whole numbers may be written as 200.0, and numbers as text, as Snakemake's --config passes them.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, use_attribute_docstrings=True, allow_inf_nan=False
    )

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> Self:
        """Check the settings of a section, and complete them with defaults.

        Parameters
        ----------
        settings : mapping
            Settings as the user wrote them.

        Returns
        -------
        Section
            The checked settings.

        Raises
        ------
        InputError
            In one line: the key, what is wrong with its value and what would be right.
        """
        try:
            return cls.model_validate(settings)
        except pydantic.ValidationError as error:
            raise InputError(explain(error, cls)) from None
