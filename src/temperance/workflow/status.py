"""What of a run is done, what runs, and what has failed, family by family, from the files that it leaves.

Called as ``python -m temperance.workflow.status [CONFIG.yaml ...]``, also beside a run: it reads, and writes nothing.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import yaml

from temperance.core.errors import InputError
from temperance.core.files import load_json
from temperance.core.progress import in_words
from temperance.core.sizes import subset_names
from temperance.report.unfinished import unfinished
from temperance.workflow.configuration import configure, with_table

_ROOT = Path(__file__).parents[3]
_OF_SUBSETS = ("train", "sample", "score")


def status(results: str, families: Mapping[str, list[str]]) -> pd.DataFrame:
    """One row a family: how many models are trained, sampled and scored, whether it has designs, and what goes on.

    Parameters
    ----------
    families : dict
        Subsets by family.
    """
    rows = []
    for family, subsets in families.items():
        folder = Path(results, family)
        records = [load_json(path) for path in folder.glob("**/provenance/*.json")]
        # A job is called as its log is: where the workflow is a module of another, its rules have other names.
        done = {Path(record["log"]).stem for record in records}
        counts = {
            stage: f"{sum(f'{stage}-{subset}' in done for subset in subsets)}/{len(subsets)}" for stage in _OF_SUBSETS
        }
        designs = "yes" if "design" in done else ""
        finished = "page" in done
        failed = [] if finished else [row for row in unfinished(results, [family]).itertuples() if row.job]
        begun = [
            path for path in sorted((folder / "logs").glob("*.log"))
            if path.stem not in done and path.stem not in {row.job for row in failed}
        ]  # fmt: skip
        said = [f"{row.job} failed: {row.reason}" for row in failed] + [_last(path) for path in begun]
        state = "done" if finished else "; ".join(said) or ("waiting" if done else "not begun")
        rows.append({"family": family} | counts | {"designs": designs, "state": state})
    return pd.DataFrame(rows)


def _last(log: Path) -> str:
    """Describe a job that is not done: the last that it said, and how long ago."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
    ago = in_words(time.time() - log.stat().st_mtime)
    return f"{log.stem} {ago} ago: {lines[-1].partition(' ')[2] or 'begun'}"


def main(words: list[str]) -> int:
    """Print the table of the run that configuration files describe, the embedded default if there is none."""
    parser = argparse.ArgumentParser(prog="python -m temperance.workflow.status", description=(__doc__ or "").strip())
    parser.add_argument("config", nargs="*", default=[str(_ROOT / "config" / "config.yaml")], help="as of --configfile")
    parser.add_argument("--results", help="folder of results, if it is not that of the configuration")
    asked = parser.parse_args(words)
    try:
        given: dict[str, object] = {}
        for path in asked.config:
            given |= yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
        run = configure(with_table(given))
        families = {family: subset_names(plan["subsets"]) for family, plan in run["families"].items()}
        print(status(asked.results or run["results"], families).to_string(index=False))
    except (InputError, OSError, yaml.YAMLError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
