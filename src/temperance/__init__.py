"""Find the temperature at which a Potts model of a protein family should be sampled."""

from typing import Any

from temperance.core.version import __version__

__all__ = ["Family", "Scored", "__version__", "example_family", "read_family", "read_model", "write_model"]


def __getattr__(name: str) -> Any:
    """Import what notebooks use, when it is used: it takes seconds that planning a workflow has no use for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from temperance import api

    return getattr(api, name)
