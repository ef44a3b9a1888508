"""Runs jobs: invocation, admission to a compute, finishing, canceling, resuming and recovery."""
