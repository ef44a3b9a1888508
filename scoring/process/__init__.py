"""One scorer process: its start, its messages, its end and its log."""
