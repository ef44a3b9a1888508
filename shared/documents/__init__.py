"""Reads YAML and JSON documents strictly, and checks them against JSON Schemas."""
