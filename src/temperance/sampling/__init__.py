"""Equilibrium samples of a Potts model over temperatures, and the diagnostics that say how far to trust them."""
