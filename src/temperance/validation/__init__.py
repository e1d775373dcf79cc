"""Studies, claims of theory, coverage of intervals."""
