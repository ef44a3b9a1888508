"""Ports for blobs and tables, with their implementations for Azure and in memory."""
