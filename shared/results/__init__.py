"""Stores the record of each scored mini-batch, and the blocks of the output."""
