"""Blobs and tables that try again what storage did not serve."""
