"""Constraints on designs, and their selection."""
