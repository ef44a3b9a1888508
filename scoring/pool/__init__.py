"""Keeps scorer processes and lends them to mini-batches."""
