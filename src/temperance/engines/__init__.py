"""Engines for accelerators, beside those of `temperance.gibbs`."""
