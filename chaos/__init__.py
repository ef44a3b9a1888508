"""Runs jobs while everything around them fails, and compares what they give with what is right.

`scripts/chaos` starts it. `proxy.py` stands before the storage and injects faults by a seeded plan;
it serves tests on its own as well.
"""
