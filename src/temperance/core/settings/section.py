"""What sections of the configuration have in common: types of numbers with bounds, and how they are read."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

import pydantic
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from temperance.core.errors import InputError
from temperance.core.settings.explanation import explain


def _refuse_truth_value(value: Any) -> Any:
    """Refuse yes and no: Python would take them for 1 and 0."""
    if isinstance(value, bool):
        raise PydanticCustomError("truth_value", "no number")
    return value


Whole = Annotated[int, BeforeValidator(_refuse_truth_value)]
Number = Annotated[float, BeforeValidator(_refuse_truth_value)]
Count = Annotated[Whole, Field(ge=1)]
Positive = Annotated[Number, Field(gt=0)]
NotNegative = Annotated[Number, Field(ge=0)]
Share = Annotated[Number, Field(ge=0, le=1)]


def _check_unique(values: list[Any]) -> list[Any]:
    if len(set(values)) < len(values):
        raise PydanticCustomError("repeated", "an entry is repeated")
    return values


Unique = AfterValidator(_check_unique)


class Section(BaseModel):
    """Settings that belong together; the text below each is its description in the documentation.

    Whole numbers may be written as 200.0 and numbers as text, as Snakemake's --config passes them.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, use_attribute_docstrings=True, allow_inf_nan=False
    )

    @classmethod
    def read(cls, settings: Mapping[str, Any], at: str = "") -> Self:
        """Check settings.

        Parameters
        ----------
        settings : mapping
            As they stand in the configuration.
        at : str
            Key under which they stand there.

        Returns
        -------
        Section

        Raises
        ------
        InputError
            In one line: the key, what is wrong with its value and what would be right.
        """
        try:
            return cls.model_validate(settings)
        except pydantic.ValidationError as error:
            raise InputError(explain(error, cls, at)) from None
