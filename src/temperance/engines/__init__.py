"""Engines for accelerators, beside those of `temperance.engines.base`."""
