"""Samples of Potts models at one temperature and at many."""
