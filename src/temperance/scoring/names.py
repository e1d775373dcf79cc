"""What judges are called in messages, reports and figures."""

_NAMES = {
    "potts": "the pair judge (Potts models of parts of the natural sequences)",
    "hmm": "the profile HMM",
    "profile": "the one-site profile",
    "p_nat": "the probability of folding into the native structure",
    "truth": "the true energy",
    "folding": "the RNA folding energy",
    "covariance": "the covariance model (Infernal: sequence and conserved base pairs)",
}


def judge_name(judge: str) -> str:
    """Name a judge in plain words; a user's judge has the name that the configuration gives it.

    Parameters
    ----------
    judge : str
        Its name in the configuration and in tables, such as hmm.

    Returns
    -------
    str

    Examples
    --------
    >>> judge_name("hmm"), judge_name("stability")
    ('the profile HMM', 'the judge stability')
    """
    return _NAMES.get(judge, f"the judge {judge}")


def short_judge_name(judge: str) -> str:
    """Name a judge for a label, without the explanation in brackets.

    Parameters
    ----------
    judge : str
        Its name in the configuration and in tables, such as hmm.

    Returns
    -------
    str

    Examples
    --------
    >>> short_judge_name("potts")
    'pair judge'
    """
    return judge_name(judge).partition(" (")[0].removeprefix("the ")
