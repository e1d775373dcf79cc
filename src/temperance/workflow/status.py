"""What of a run is done, what runs, and what has failed, family by family, from the files that it leaves."""

import time
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from temperance.core.files import load_json
from temperance.core.progress import in_words
from temperance.report.unfinished import unfinished

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
    """A job that is not done, the last that it said, and how long ago."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
    ago = in_words(time.time() - log.stat().st_mtime)
    return f"{log.stem} {ago} ago: {lines[-1].partition(' ')[2] or 'begun'}"
