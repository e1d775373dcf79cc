"""Estimates with intervals, and the units that are resampled for them."""
