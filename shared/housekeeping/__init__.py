"""Deletes expired data, and what no job owns any more."""
