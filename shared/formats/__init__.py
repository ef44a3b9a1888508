"""File formats: their sniffing, and the ranges of bytes that hold whole records."""
