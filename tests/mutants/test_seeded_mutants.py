"""Twenty wrong programs, each of which the unit tests of its folder notice.

Each mutant is a copy of the library with one line changed: a constant, a comparison, a leak. The tests named beside it
run on the copy, and have to fail. `make mutants` does the same with every change that a tool can think of
(docs/testing.md).
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]


class Mutant(NamedTuple):
    """One wrong line, and the tests that are to notice it.

    Attributes
    ----------
    file : str
        File of the library.
    right, wrong : str
        Text that occurs once in the file, and what replaces it.
    tests : str
        Tests, relative to tests/unit.
    """

    file: str
    right: str
    wrong: str
    tests: str


MUTANTS = {
    "every sample at percentile 50": Mutant(
        "scoring/tables.py",
        "natural_scale(natural, name).percentiles(table[name].to_numpy(float))",
        "50.0",
        "scoring/test_tables.py",
    ),
    "every standard error 0.01": Mutant(
        "scoring/tables.py",
        "float(by_ladder.std() / by_ladder.count() ** 0.5)",
        "0.01",
        "scoring/test_tables.py",
    ),
    "the scale of a judge ignores sequence weights": Mutant(
        "scoring/tables.py",
        'scored["scale_weight"] * scored["set"]',
        '1.0 * scored["set"]',
        "scoring/test_tables.py",
    ),
    "distances to the training set instead of to all natural sequences": Mutant(
        "scoring/tables.py", "nearest(flat, family.natural)", "nearest(flat, family.training)", "scoring/test_tables.py"
    ),
    "the profile HMM is built from all sequences": Mutant(
        "stages/hmm.py", 'arrays["sequences"][heldout]', 'arrays["sequences"]', "stages/test_scoring_stages.py"
    ),
    "designs ignore the novelty floor": Mutant(
        "design/selection.py",
        '(scored["distance_natural"] >= novelty_floor - 1e-9)',
        '(scored["distance_natural"] >= 0)',
        "design/test_selection.py",
    ),
    "designs are the nearest to each other": Mutant(
        "design/selection.py", "int(np.argmax(distance))", "int(np.argmin(distance))", "design/test_selection.py"
    ),
    "exported chains are of the hottest temperature": Mutant(
        "stages/export.py", 'int(np.argmin(np.abs(samples["temperatures"] - tau)))', "-1", "stages/test_export_stage.py"
    ),
    "every optimum is equilibrated": Mutant(
        "stages/thermodynamics.py",
        'optima["equilibrated"] = is_within_equilibrated(',
        'optima["equilibrated"] = True or (',
        "stages/test_thermodynamics.py",
    ),
    "an edge of the ladder is recommended": Mutant(
        "temperature/choice.py",
        "return _refuse_edges(rungs, int(candidates[0]))",
        "return Choice(int(candidates[0]), fallback=int(candidates[0]))",
        "temperature/test_choice.py",
    ),
    "the hottest able temperature is chosen instead of the coldest": Mutant(
        "temperature/choice.py", "int(candidates[0])", "int(candidates[-1])", "temperature/test_choice.py"
    ),
    "the most lenient judge sets the limit": Mutant(
        "temperature/choice.py",
        "return min((point for point in points if point.bounds)",
        "return max((point for point in points if point.bounds)",
        "temperature/test_choice.py",
    ),
    "an operating point is interpolated from the wrong side": Mutant(
        "temperature/operating_points.py",
        "logs[last] + share * (logs[last + 1] - logs[last])",
        "logs[last + 1] + share * (logs[last] - logs[last + 1])",
        "temperature/test_operating_points.py",
    ),
    "judges are trusted without a reason": Mutant(
        "temperature/operating_points.py",
        'standing is not None and bool(standing.get("trusted")) and not standing.get("saturated")',
        "standing is not None",
        "temperature/test_operating_points.py",
    ),
    "any tau_f above 1 is a verdict": Mutant(
        "temperature/diagnosis.py",
        "if tau_f.low > 1 + DIFFERENT:\n        return Diagnosis(\n            OVERFITTED",
        "if tau_f.value > 1:\n        return Diagnosis(\n            OVERFITTED",
        "temperature/test_diagnosis_thresholds.py",
    ),
    "the pair judge has seen what it judges": Mutant(
        "scoring/cross_fitted.py",
        "fit_gaussian_potts(sequences[~left_out], weights[~left_out], q, pseudocount)",
        "fit_gaussian_potts(sequences, weights, q, pseudocount)",
        "scoring/test_cross_fitted.py",
    ),
    "diversity counts each ladder against itself": Mutant(
        "scoring/diversity.py",
        "(frequency.sum(axis=1, keepdims=True) - frequency) / (len(sequences) - 1)",
        "frequency.mean(axis=1, keepdims=True)",
        "scoring/test_diversity.py",
    ),
    "error bars of figures are one standard error": Mutant(
        "report/figures/averages.py", "INTERVAL = 1.96", "INTERVAL = 1.0", "report/test_averages.py"
    ),
    "the page compares samples with training sequences": Mutant(
        "report/results.py", 'natural["set"] == "heldout"', 'natural["set"] == "training"', "report/test_results.py"
    ),
    "replicates share their random numbers": Mutant(
        "core/seeds.py", "(seed, *labels)", "(seed, *labels[:1])", "core/test_sizes_and_seeds.py"
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_program_is_noticed(name, tmp_path):
    mutant = MUTANTS[name]
    # Times are kept, so that compiled kernels beside the sources stay valid.
    shutil.copytree(ROOT / "src", tmp_path / "src")
    path = tmp_path / "src" / "temperance" / mutant.file
    text = path.read_text()
    assert text.count(mutant.right) == 1, "the line of this mutant has changed; so has the mutant to"
    path.write_text(text.replace(mutant.right, mutant.wrong))
    command = [
        sys.executable, "-m", "pytest", ROOT / "tests" / "unit" / mutant.tests, "--exitfirst", "-n0", "-q",
        "-p", "no:cacheprovider", "-o", f"pythonpath={tmp_path / 'src'} {ROOT / 'tests' / 'helpers'}",
    ]  # fmt: skip
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=os.environ, timeout=300)
    assert run.returncode == 1, f"not noticed by tests/unit/{mutant.tests}:\n{run.stdout[-2000:]}{run.stderr[-2000:]}"
    assert re.search(r"^FAILED ", run.stdout, re.M)
