"""Starts jobs for files that land in the inbox."""
