"""A family of protein sequences with correlated sites, gaps and close relatives."""

import numpy as np

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"


def draw_rows(seed, length=16, templates=4, founders=220, rate=0.5, gap=0.04):
    """Draw aligned rows: each founder follows one of a few templates, and some have relatives two mutations away.

    A site has six residues of its own; a founder takes one at random with the chance `rate`, else its template's, so
    that sites are correlated. A tenth of the rows end in a stretch of gaps.
    """
    rng = np.random.default_rng(seed)
    residues = np.array([rng.permutation(list(RESIDUES))[:6] for _ in range(length)])
    states = rng.integers(0, 6, (templates, length))
    rows = []
    for _ in range(founders):
        template = states[rng.integers(templates)]
        chosen = np.where(rng.random(length) < rate, rng.integers(0, 6, length), template)
        row = residues[np.arange(length), chosen]
        row[rng.random(length) < gap] = "-"
        if rng.random() < 0.1:
            row[-4:] = "-"
        rows.append("".join(row))
        for _ in range(rng.choice(4, p=[0.7, 0.15, 0.1, 0.05])):
            relative = row.copy()
            for site in rng.integers(0, length, 2):
                relative[site] = residues[site][rng.integers(6)]
            rows.append("".join(relative))
    return rows
