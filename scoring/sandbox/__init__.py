"""Confines a process: file access, memory, and numbers of processes."""
