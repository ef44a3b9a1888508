"""Builds, stores and unpacks the environments of deployments."""
