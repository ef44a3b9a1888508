"""Activities of the orchestrations: each safe to run twice."""
