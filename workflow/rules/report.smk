rule figures:
    """Draw the figures of one family."""
    input:
        scores=of_subsets("scores.tsv"),
    output:
        "x",
