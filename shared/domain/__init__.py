"""The model of endpoints, deployments and jobs, and its rules; no I/O, no clock, no settings."""
