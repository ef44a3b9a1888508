"""A job's model, its state in storage, its work items and its events."""
