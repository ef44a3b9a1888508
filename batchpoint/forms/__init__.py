"""Turns local YAML files and options into the documents of requests."""
