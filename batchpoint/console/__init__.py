"""What the commands share: options, rendering, progress, and the session."""
