"""Tables of the paper's two systems whose averages can be counted by hand."""

import numpy as np
import pandas as pd

FITS = ("paper", "l2", "converged")


def two_level():
    """Two models of each gap and number of draws: kappa - C is 0.5 and 1.5 above gap - 6, so that means cross at 5."""
    rows = [
        {"gap": gap, "M": size, "replicate": k, "tau_r": 10 / gap - 0.2 * k, "tau_f": 20 / size + k,
         "kappa": gap - 6 + k - 0.5, "heat_capacity": 0.0}
        for gap in (4.0, 4.5, 7.0) for size in (10, 30, 100) for k in (1, 2)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def lattice_models():
    """Three models of each cell; kappa - C is 3 - T, and 3.5 - T with L2."""
    rows = [
        {"temperature": t, "M": size, "replicate": k, "fit": fit, "tau_r": t / 3 + (k - 2) / 10 + n,
         "tau_f": 1 + 50 / size + 3 * n + k / 10, "kappa": 3 - t + (n == 1) / 2 + 7, "heat_capacity": 7.0,
         "largest": 2.0 * k * 10**n}
        for t in (2.05, 2.3, 2.8, 3.2, 4.0, 5.0) for size in (54, 71, 500, 10000) for k in (1, 2, 3)
        for n, fit in enumerate(FITS)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def lattice_levels():
    """Two models of each temperature with six levels; 4 and 5 are high."""
    rows = [
        {"temperature": t, "M": size, "replicate": k, "fit": fit, "group": 4.0 * level - 20, "states": 2 * level + 1,
         "p": 1 / 36, "q": 0.02 * k, "forward": 0.5, "reverse": float(level), "share": level / 15, "data": 2.0,
         "slope": (-1 if t == 4 else 1) * (level - 2.5)}
        for t in (2.05, 2.3, 4.0) for size in (54, 71) for k in (1, 2) for fit in FITS for level in range(6)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def lattice_curves():
    """Divergences of the example that are straight lines, in three points."""
    tau = np.array([0.2, 1.0, 5.0])
    name = {"temperature": 2.05, "M": 71, "replicate": 1}
    lines = {"tau": tau, "forward": 4 - tau / 2, "reverse": tau / 2}
    return pd.concat([pd.DataFrame(name | {"fit": fit} | lines) for fit in FITS])


def sector_models():
    """Two models of each temperature and strength; at L2 0.03 entropy and false positives are straight lines in tau."""
    rows = [
        {"temperature": t, "replicate": k, "l2": l2, "tau": tau, "entropy": entropy + k, "entropy_error": 0.1,
         "false_positive": t / 10 + share, "rhat": 1.01, "pearson": 0.9}
        for t in (0.2, 0.4) for k in (0, 1, 2)
        for l2, tau, entropy, share in (
            (1e-8, 1.0, 40.0, 0.3), (0.03, 0.5, 30.0, 0.1), (0.03, 0.9, 46.0, 0.18), (0.03, 1.0, 50.0, 0.2),
            (1.0, 1.0, 55.0, 0.5),
        )
    ]  # fmt: skip
    return pd.DataFrame(rows)
