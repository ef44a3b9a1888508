"""Functions that nobody calls: timers."""
