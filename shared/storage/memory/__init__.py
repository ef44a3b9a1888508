"""Blobs and tables in memory, for tests."""
