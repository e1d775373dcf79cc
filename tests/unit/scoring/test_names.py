"""What judges are called."""

import pytest

from temperance.scoring.names import judge_name, short_judge_name


@pytest.mark.parametrize(
    ("judge", "short"),
    [
        ("potts", "pair judge"),
        ("hmm", "profile HMM"),
        ("profile", "one-site profile"),
        ("p_nat", "probability of folding into the native structure"),
        ("truth", "true energy"),
        ("folding", "RNA folding energy"),
        ("covariance", "covariance model"),
        ("mine", "judge mine"),
    ],
)
def test_every_judge_has_its_name(judge, short):
    assert short_judge_name(judge) == short
    assert judge_name(judge).startswith(f"the {short}")
