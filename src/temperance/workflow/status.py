"""Show which models and designs of a run are done, running or failed, family by family, from its files.

Called as ``python -m temperance.workflow.status [CONFIG.yaml ...]``, also while the workflow runs; it writes nothing.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from temperance.core.files import load_json
from temperance.core.progress import in_words
from temperance.core.sizes import subset_names
from temperance.report.unfinished import unfinished
from temperance.workflow.command_line import carry_out
from temperance.workflow.configfiles import read_configuration
from temperance.workflow.configuration import configure
from temperance.workflow.family_table import with_table
from temperance.workflow.files import EMBEDDED_DEFAULT

_SUBSET_STAGES = ("train", "sample", "score")


def status(results: str, families: Mapping[str, list[str]]) -> pd.DataFrame:
    """Tabulate how many models of each family are trained, sampled and scored, whether it has designs, and its state.

    Parameters
    ----------
    results : str
        Folder of results.
    families : mapping of str to list of str
        Names of the training sets, by family.

    Returns
    -------
    pandas.DataFrame
        One row a family: family, train, sample and score (such as 1/3), designs (yes or empty), state (done, waiting,
        not started, or the jobs that failed or are running).
    """
    rows = []
    for family, subsets in families.items():
        folder = Path(results, family)
        records = [load_json(path) for path in folder.glob("**/provenance/*.json")]
        # Jobs are named after their logs: rules have other names where the workflow is a module of another.
        finished_jobs = {Path(record["log"]).stem for record in records}
        counts = {
            stage: f"{sum(f'{stage}-{subset}' in finished_jobs for subset in subsets)}/{len(subsets)}"
            for stage in _SUBSET_STAGES
        }
        designs = "yes" if "design" in finished_jobs else ""
        finished = "page" in finished_jobs
        failed = [] if finished else [row for row in unfinished(results, [family]).itertuples() if row.job]
        running = [
            path for path in sorted((folder / "logs").glob("*.log"))
            if path.stem not in finished_jobs and path.stem not in {row.job for row in failed}
        ]  # fmt: skip
        messages = [f"{row.job} failed: {row.reason}" for row in failed] + [_describe(path) for path in running]
        state = "done" if finished else "; ".join(messages) or ("waiting" if finished_jobs else "not started")
        rows.append({"family": family} | counts | {"designs": designs, "state": state})
    return pd.DataFrame(rows)


def _describe(log: Path) -> str:
    """Describe a job that is not done by its last message, and how long ago that was."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
    ago = in_words(time.time() - log.stat().st_mtime)
    return f"{log.stem} {ago} ago: {lines[-1].partition(' ')[2] or 'started'}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the state of the run that configuration files describe.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command-line arguments: configuration files, the embedded default if there are none, and options.

    Returns
    -------
    int
        Exit status: 0, or 1 after an error.
    """
    parser = argparse.ArgumentParser(prog="python -m temperance.workflow.status", description=(__doc__ or "").strip())
    parser.add_argument(
        "config",
        nargs="*",
        default=[str(EMBEDDED_DEFAULT)],
        help="configuration files, as for snakemake --configfile",
    )
    parser.add_argument("--results", help="folder of results, if another than that of the configuration")
    return carry_out(parser, _print_status, arguments)


def _print_status(options: argparse.Namespace) -> int:
    run = configure(with_table(read_configuration(options.config, {})))
    families = {family: subset_names(plan.subsets) for family, plan in run["families"].items()}
    print(status(options.results or run["results"], families).to_string(index=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
