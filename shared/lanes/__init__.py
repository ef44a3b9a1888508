"""Hands out the mini-batches of a job to its lanes, chunk by chunk."""
