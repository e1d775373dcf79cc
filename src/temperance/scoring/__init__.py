"""Judges of sequences, and the scale on which natural sequences place samples."""
