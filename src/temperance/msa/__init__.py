"""Alignments: read, filtered, weighted, split."""
