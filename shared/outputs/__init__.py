"""Writes and commits a job's output files, and protects their places."""
