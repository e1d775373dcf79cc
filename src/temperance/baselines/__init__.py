"""Models to compare a Potts model with."""
