"""Potts models: parameters, frequencies, exact sums, formats of other programs."""
