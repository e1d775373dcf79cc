"""Studies, claims of theory, closed forms, coverage of intervals."""
