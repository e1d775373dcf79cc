"""A second, slow program that recomputes the numbers of a run from its documentation.

It reads the run's models, sequences and saved energies with the library's readers, and uses nothing else of the
library: energies are sums over pairs of sites, distances are counted, averages are loops. A number that the library
computes wrongly, fast or slowly, is then found here unless the same mistake was made twice.
"""
