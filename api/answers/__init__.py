"""The documents that the API answers, as types.

The routes build these, and `scripts/docs` makes the schemas of the OpenAPI document of them. A
docstring becomes the description of a type, or of the key above it.
"""
