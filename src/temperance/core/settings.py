"""What a configuration is, once it is read."""

from typing import Any

Settings = dict[str, Any]
