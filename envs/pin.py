"""Write the conda environments beside this file: versions are those that the locks give to Python 3.12 on Linux.

Called by `make lock`. The library itself is linked into an environment when that has been made.
"""

import re
from pathlib import Path

from packaging.markers import Marker

HERE = Path(__file__).parent
PYTHON = "3.12"
# What a job imports beside the library, and in `light` what a job does that neither trains, samples nor scores.
LIGHT = [
    "altair", "biopython", "jinja2", "llvmlite", "numba", "numpy", "pandas", "pyarrow", "pydantic", "pyhmmer", "pyyaml",
    "requests", "safetensors", "scikit-learn", "scipy", "seaborn", "threadpoolctl", "vl-convert-python",
]  # fmt: skip
FULL = [*LIGHT, "arviz-stats", "gemmi", "jax", "pymbar"]
LINK = """\
# Written by envs/pin.py. Links the library into the environment; workflow/rules/common.smk says where it lies.
packages=$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
ln -sfn "$TEMPERANCE_LIBRARY/temperance" "$packages/temperance"
"""
ENVIRONMENTS = {
    "light": ("requirements.lock", LIGHT, "of rules that neither train, sample nor score"),
    "cpu": ("requirements.lock", FULL, "of the other rules"),
    "cuda12": ("requirements-cuda12.lock", FULL, "of the other rules with `environment: cuda12` in the configuration"),
    "cuda13": ("requirements-cuda13.lock", FULL, "of the other rules with `environment: cuda13` in the configuration"),
}


def pins(lock: str, wanted: list[str]) -> list[str]:
    """List the versions of packages and of all that they need, as a lock has them."""
    environment = {
        "python_full_version": f"{PYTHON}.0", "python_version": PYTHON, "sys_platform": "linux",
        "platform_machine": "x86_64", "platform_python_implementation": "CPython", "implementation_name": "cpython",
    }  # fmt: skip
    versions, needed_by = {}, {}
    for entry in re.split(r"^(?=[a-z0-9])", lock, flags=re.M)[1:]:
        name, version, marker = re.match(r"([a-z0-9.-]+)==(\S+?)(?: ; (.*?))? \\", entry).groups()
        if not marker or Marker(marker).evaluate(environment):
            versions[name] = version
            # Comments of an entry, after its hashes: the packages that need it.
            needed_by[name] = set(re.findall(r"^    #(?: via)? +([a-z0-9.-]+)$", entry, re.M))
    packages = set(wanted)
    while more := {name for name, parents in needed_by.items() if parents & packages} - packages:
        packages |= more
    return [f"{name}=={versions[name]}" for name in sorted(packages)]


def environment(name: str) -> str:
    """Write the text of a conda environment."""
    lock, wanted, what = ENVIRONMENTS[name]
    lines = "".join(f"      - {pin}\n" for pin in pins((HERE.parent / lock).read_text(), wanted))
    return (
        f"# Of `snakemake --software-deployment-method conda`: {what}.\n"
        f"# Written by envs/pin.py from {lock}; {name}.post-deploy.sh adds the library.\n"
        f"channels:\n  - conda-forge\n  - nodefaults\n"
        f"dependencies:\n  - python ={PYTHON}\n  - pip\n  - pip:\n{lines}"
    )


if __name__ == "__main__":
    for name in ENVIRONMENTS:
        (HERE / f"{name}.yaml").write_text(environment(name))
        (HERE / f"{name}.post-deploy.sh").write_text(LINK)
