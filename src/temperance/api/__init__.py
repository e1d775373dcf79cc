"""The steps of the workflow for a family in memory: the interface for notebooks (docs/library.md)."""

from temperance.api.family import Family
from temperance.api.reading import example_family, read_family
from temperance.design.scored import Scored
from temperance.laboratory.assessment import Assessment
from temperance.potts.formats.registry import read_model, write_model

__all__ = ["Assessment", "Family", "Scored", "example_family", "read_family", "read_model", "write_model"]
