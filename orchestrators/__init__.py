"""Deterministic generators: no clock, no randomness, no I/O, no settings."""
