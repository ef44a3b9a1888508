"""Registered models, environments, data, datastores and computes, and uploaded files."""
