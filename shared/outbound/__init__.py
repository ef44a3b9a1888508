"""Requests to addresses that callers name, kept from reaching private networks."""
