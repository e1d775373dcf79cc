"""At which temperature should a Potts model of a protein family be sampled?"""

__version__ = "0.1.0"
