"""Measures the app against hand-tuned code and other engines, and what it costs at each scale.

`python -m bench` is what `scripts/bench` runs; docs/performance.md has the method and the results.
Not part of the app, and not part of what decides about a change.
"""
