"""Potts models in the formats of other programs (docs/formats.md): a file each, and a registry."""
