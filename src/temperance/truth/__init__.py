"""Families whose true distribution is known."""
