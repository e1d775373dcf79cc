"""Tools that judges of RNA need, and how to get those that are missing."""

import importlib.util
import shutil

_PROGRAMS = "cmbuild", "cmalign"


def explain_missing_folding() -> str:
    """Say that ViennaRNA's Python package is not installed, with the way to get it.

    Returns
    -------
    str
        Empty if it is installed.
    """
    return "" if importlib.util.find_spec("RNA") else "ViennaRNA is not installed: pip install viennarna"


def explain_missing_infernal() -> str:
    """Say what a covariance model needs and is not installed, with the way to get it.

    Returns
    -------
    str
        Empty if nothing is missing.
    """
    if missing := [program for program in _PROGRAMS if shutil.which(program) is None]:
        return f"Infernal's {' and '.join(missing)} not found on the PATH: conda install bioconda::infernal"
    return explain_missing_folding()
