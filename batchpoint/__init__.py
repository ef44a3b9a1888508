"""Command line and client of batchpoint; knows its HTTP API and nothing else."""
