"""Readers of the YAML and JSON that users send: they check a document and make a draft of it."""
