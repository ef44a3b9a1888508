"""Starts jobs by cron expressions in time zones."""
