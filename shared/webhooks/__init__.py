"""Webhooks: registration, signed notifications, and their delivery."""
