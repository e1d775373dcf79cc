"""What a reader has to know before trusting the answer."""

from types import SimpleNamespace

import pandas as pd

from temperance.core.files import save_json
from temperance.core.settings.run import FamilySettings
from temperance.core.settings.training import TrainSettings
from temperance.report.caveats import _check_chains, _check_sampling, notes, warnings
from temperance.report.results import _load_diagnostics
from temperance.report.unfinished import unfinished


def test_frozen_chains_are_told_by_subset():
    history = pd.DataFrame(
        {"subset": ["n60-r1", "n60-r1", "f1-r1", "f1-r1"], "acceptance": [0.5, 0.002, 0.001, 0.4], "step": [10, 20] * 2}
    )
    (said,) = _check_chains(history)
    assert "n60-r1 0.20%" in said
    assert "f1-r1" not in said
    assert list(_check_chains(history[history["subset"] == "f1-r1"])) == []


def test_designs_of_too_few_draws_for_an_r_hat_are_warned_of(tmp_path):
    save_json(tmp_path / "designs.json", {"equilibrated": False, "rhat": None, "ess": 40.0, "drift": 0.1})
    (warning,) = _check_sampling(pd.DataFrame(), _load_diagnostics(tmp_path / "designs.json"))
    assert "(R-hat inf, effective sample size 40, drift of the mean energy +0.10" in warning
    save_json(tmp_path / "truth.json", {"rhat": 1.2})
    assert _load_diagnostics(tmp_path / "truth.json") == {"rhat": 1.2}
    save_json(tmp_path / "listed.json", {"log_z": 1.2})
    assert _load_diagnostics(tmp_path / "listed.json") == {"log_z": 1.2}


def test_families_that_are_not_done_are_listed_with_the_last_error_of_each_job(tmp_path):
    logs = tmp_path / "broken" / "logs"
    logs.mkdir(parents=True)
    (logs / "ingest.log").write_text("10:00:00 M 3 of 9\n")
    (logs / "train-f1-r1.log").write_text(
        "10:00:01 step 10: scale error +0.1\n10:00:02 error: first\n10:00:03 error: last\n"
    )
    table = unfinished(str(tmp_path), ["broken", "killed"])
    assert table.to_dict("records") == [
        {"family": "broken", "job": "train-f1-r1", "reason": "last"},
        {"family": "killed", "job": "", "reason": "not finished"},
    ]


def evidence(recommended, unsound, chosen=0.03, gaps=(0.1, 0.1, 0.1)):
    """What warnings read of a run of two sizes; `unsound` are subsets and temperatures that are not equilibrated."""
    training = {
        "subset": ["n50-r1", "n90-r1"], "M": [50, 90], "Meff": [40.0, 80.0], "stopped": "converged",
        "equilibrated": True, "l2_choice": "fixed", "target": None,
    }  # fmt: skip
    rows = [
        (subset, size, tau, (subset, tau) not in unsound, 1.2, 90.0, share)
        for subset, size in (("n50-r1", 50), ("n90-r1", 90))
        for tau, share in zip((0.5, 0.7, 1.0), gaps, strict=True)
    ]
    return SimpleNamespace(
        best={"limits": [], "notes": [], "status": recommended},
        settings=FamilySettings(train=TrainSettings(l2_path=[0.1, 0.03, 0.01])),
        training=pd.DataFrame(training),
        ingest={"L": 20},
        history=pd.DataFrame({"subset": ["n90-r1"], "acceptance": [0.3]}),
        scores=pd.DataFrame(rows, columns=["subset", "M", "temperature", "equilibrated", "rhat", "ess", "gaps"]),
        designs={"equilibrated": True, "designs": 9, "wanted": 9},
        truth=None,
        natural=pd.DataFrame(
            {
                "set": ["heldout"] * 98 + ["random"],
                "gaps": [0.0, 0.16] * 49 + [1.0],
                "scale_weight": [1.0, 3.0] * 49 + [0],
            }
        ),
        optimum=pd.DataFrame({"size": ["n90"], "replicate": [1], "tau_f": [1.0]}),
        temperature=0.7,
        strengths=pd.DataFrame(
            {
                "subset": "n90-r1",
                "M": 90,
                "l2_couplings": [0.1, 0.03, 0.01],
                "chosen": [False, chosen == 0.03, chosen == 0.01],
            }
        ),
    )


def test_only_temperatures_that_concern_the_recommended_one_are_warned_of():
    aside = [("n50-r1", 1.0), ("n90-r1", 0.5)]
    assert warnings(evidence("recommended", aside)) == []
    folded = notes(evidence("recommended", aside))
    assert len(folded) == 1
    assert "n50-r1 at τ = 1; n90-r1 at τ = 0.5" in folded[0]
    concerned = warnings(evidence("recommended", [*aside, ("n90-r1", 0.7)]))
    assert len(concerned) == 1
    assert "n90-r1 at τ = 0.7." in concerned[0]
    # Where none is recommended, cold temperatures of the largest sets may be why.
    assert "n90-r1 at τ = 0.5." in warnings(evidence("none", aside))[0]


def test_samples_that_are_fragments_are_said_with_what_to_do():
    """Natural sequences have gaps at (0 + 3 * 0.16) / 4 = 12 % of sites."""
    many = (0.6, 0.4, 0.21)
    (warning,) = warnings(evidence("recommended", [], gaps=many))
    assert warning.startswith("Up to τ = 0.7 samples have gaps at 40% of sites or more, natural sequences at 12%")
    assert "filter.max_sequence_gaps below 0.5" in warning
    assert warnings(evidence("recommended", [], gaps=(0.6, 0.21, 0.1))) == []
    assert "Up to τ = 0.5 " in notes(evidence("recommended", [], gaps=(0.6, 0.21, 0.1)))[0]
    assert "Up to τ = 0.5 " in warnings(evidence("none", [], gaps=(0.6, 0.21, 0.1)))[0]


def test_a_penalty_at_the_end_of_the_path_is_said():
    """Of the largest training set it touches the recommendation; of a smaller one it is folded away."""
    assert warnings(evidence("recommended", [])) == []
    at_end = evidence("recommended", [], chosen=0.01)
    assert "n90-r1 0.01" in warnings(at_end)[0]
    assert notes(at_end) == []
    at_end.strengths["M"] = 50
    assert warnings(at_end) == []
    assert "n90-r1 0.01" in notes(at_end)[0]
