"""Common parts of the commands: options, rendering, progress, and the session."""
