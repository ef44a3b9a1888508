"""Uploads and downloads files."""
