"""The configuration's settings: a class for each section and for each stage, with units, bounds and defaults."""

from typing import Any

Settings = dict[str, Any]
