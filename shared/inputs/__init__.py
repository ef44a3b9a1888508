"""Reads the files of a job's input, from storage and from URLs."""
